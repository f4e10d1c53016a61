import { Failure } from '../../../system/failure.ts';
import { sleep } from '../../../system/sleep.ts';
import { deadlineIn } from '../../../system/time.ts';
import type { OvsOptions } from '../driver.ts';
import { noAnswer } from '../failures.ts';
import { bridgeFactColumns, interfaceFactColumns, portFactColumns, readBridges, type BridgeFacts } from '../bridges.ts';
import type { Operations } from './operations.ts';
import type { Database } from './database.ts';
import { rowsOf } from './rows.ts';
import { withDatabase } from './session.ts';

/** The bridges of Open vSwitch, for who makes and keeps them. */
export interface BridgeDriver {
  /** @throws Failure */
  read(): Promise<readonly BridgeFacts[]>;
  /**
   * One transaction, and waits until ovs-vswitchd has done what it says.
   * @throws Failure `wiring` when it is refused, `unavailable` when it may work later
   */
  change(operations: Operations): Promise<void>;
}

export function bridgeDriver(options: OvsOptions): BridgeDriver {
  const { timeout } = options;
  return {
    read: () =>
      withDatabase(options, async (database) => {
        const [bridges, ports, interfaces] = await database.transact(everything, timeout);
        return readBridges({ bridges: rowsOf(bridges), ports: rowsOf(ports), interfaces: rowsOf(interfaces) });
      }),
    change: (operations) => withDatabase(options, (database) => changeAndWait(database, operations, options)),
  };
}

const everything: Operations = [
  { op: 'select', table: 'Bridge', where: [], columns: bridgeFactColumns },
  { op: 'select', table: 'Port', where: [], columns: portFactColumns },
  { op: 'select', table: 'Interface', where: [], columns: interfaceFactColumns },
];

/** Asks for a number that vswitchd repeats when it has come so far (ovs-vswitchd.conf.db(5), Open_vSwitch: next_cfg). */
async function changeAndWait(database: Database, operations: Operations, options: OvsOptions): Promise<void> {
  const results = await database.transact(
    [
      ...operations,
      { op: 'mutate', table: 'Open_vSwitch', where: [], mutations: [['next_cfg', '+=', 1]] },
      { op: 'select', table: 'Open_vSwitch', where: [], columns: ['next_cfg'] },
    ],
    options.timeout,
  );
  const wanted = Number(rowsOf(results.at(-1))[0]?.['next_cfg']);
  if (Number.isNaN(wanted)) throw new Failure('wiring', `Open vSwitch's database at ${options.database} is empty`);
  const end = deadlineIn(options.timeout());
  for (;;) {
    const [state] = await database.transact([currentState], options.timeout);
    if (Number(rowsOf(state)[0]?.['cur_cfg']) >= wanted) return;
    if (end.remaining() <= 1) throw noAnswer(options.database);
    await sleep(10);
  }
}

const currentState = { op: 'select', table: 'Open_vSwitch', where: [], columns: ['cur_cfg'] };

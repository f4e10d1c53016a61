import type { OvsOptions } from '../driver.ts';
import { portsWithBridges, readAttachedPorts, type AttachedPorts } from './attached-ports.ts';
import type { Operations } from './operations.ts';
import { rowsOf } from './rows.ts';
import { withDatabase } from './session.ts';

/** The ports of Pods, for who keeps them. */
export interface AttachedPortDriver {
  /** @throws Failure */
  read(): Promise<AttachedPorts>;
  /** One transaction; does not wait for ovs-vswitchd, which may not run just now. @throws Failure */
  change(operations: Operations): Promise<void>;
}

export function attachedPortDriver(options: OvsOptions): AttachedPortDriver {
  const { timeout } = options;
  return {
    read: () =>
      withDatabase(options, async (database) => {
        return readAttachedPorts((await database.transact(portsWithBridges, timeout)).map(rowsOf));
      }),
    change: (operations) =>
      withDatabase(options, async (database) => {
        await database.transact(operations, timeout);
      }),
  };
}

import { Failure } from '../../../system/failure.ts';
import type { JsonObject } from '../../../system/json-object.ts';
import { deadlineIn, sleep } from '../../../system/time.ts';
import { ConnectError } from '../../../system/unix-socket.ts';
import { backoff, patienceOf, type NewPort, type OvsDriver, type OvsOptions } from '../driver.ts';
import { connectionBroke, noAnswer, noBridge, OvsUnreachable, refusedPort } from '../failures.ts';
import { firstText, readPorts } from '../ports.ts';
import { ConnectionError, openDatabase, TransactionError, type Database } from './database.ts';
import { rowsOf } from './rows.ts';
import { additionOf, bridgeNamed, portsWanted, refusal, removalOf, uuidOfPort } from './operations.ts';

/**
 * Open vSwitch by the protocol of its database (RFC 7047), over its socket: no process, and nothing that grows with the
 * number of ports, as ovs-vsctl does (docs/adr/0006-ovsdb-socket.md).
 */
export function socketDriver(options: OvsOptions): OvsDriver {
  const { timeout } = options;
  return {
    addPort: (port) => withDatabase(options, (database) => addPort(database, { port, timeout })),
    removePort: (name) => withDatabase(options, (database) => removePort(database, { name, timeout })),
    findPorts: (wanted) =>
      withDatabase(options, async (database) => {
        const [ports, interfaces, bridges] = await database.transact(portsWanted(wanted), timeout);
        return readPorts({ ports: rowsOf(ports), interfaces: rowsOf(interfaces), bridges: rowsOf(bridges) });
      }),
    bridgeExists: (bridge) =>
      withDatabase(options, async (database) => {
        const [found] = await database.transact([bridgeNamed(bridge)], timeout);
        return rowsOf(found).length > 0;
      }),
  };
}

interface Timed {
  readonly timeout: () => number;
}

async function addPort(database: Database, { port, timeout }: Timed & { readonly port: NewPort }): Promise<void> {
  // A request that a hanging ovsdb-server has not read yet would be carried out once it goes on: ask it something first.
  const [bridge] = await database.transact([bridgeNamed(port.bridge)], timeout);
  if (rowsOf(bridge).length === 0) throw noBridge(port.bridge);
  const addition = additionOf(port);
  const results = await inserted(database.transact(addition.operations, timeout), { port, addition });
  const [, taken] = await database.transact(refusal(results[addition.link]?.['uuid']), timeout);
  const reason = firstText(rowsOf(taken)[0]?.['error']);
  if (reason !== '') throw refusedPort({ ...port, reason });
}

async function inserted(
  transaction: Promise<readonly JsonObject[]>,
  { port, addition }: { readonly port: NewPort; readonly addition: ReturnType<typeof additionOf> },
): Promise<readonly JsonObject[]> {
  try {
    return await transaction;
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    if (error.operation === addition.bridge) throw noBridge(port.bridge);
    if (error.code !== 'constraint violation') throw error;
    throw new Failure('wiring', `Open vSwitch has a port named ${port.name} already`, { details: error.message });
  }
}

async function removePort(database: Database, { name, timeout }: Timed & { readonly name: string }): Promise<void> {
  const [found] = await database.transact([uuidOfPort(name)], timeout);
  const uuid = rowsOf(found)[0]?.['_uuid'];
  if (uuid !== undefined) await database.transact([removalOf(uuid)], timeout);
}

/** @throws Failure */
async function withDatabase<T>(options: OvsOptions, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await connect(options);
  try {
    return await work(database);
  } catch (error) {
    throw error instanceof Error ? failureOf(error, options.database) : error;
  } finally {
    database.close();
  }
}

/** The listen backlog of ovsdb-server (64) overflows when a hundred connect at once. */
async function connect(options: OvsOptions): Promise<Database> {
  const end = deadlineIn(patienceOf(options));
  for (let attempt = 1; ; attempt++) {
    try {
      return await openDatabase(options.database.replace(/^unix:/, ''));
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      if (error.code !== 'EAGAIN' || end.remaining() <= 1) throw new OvsUnreachable(options.database, error.message);
      await sleep(backoff(attempt));
    }
  }
}

function failureOf(error: Error, database: string): Error {
  if (error instanceof TransactionError) return new Failure('wiring', `Open vSwitch: ${error.message}`);
  if (!(error instanceof ConnectionError)) return error;
  return error.timedOut ? noAnswer(database) : connectionBroke(database, error.message);
}

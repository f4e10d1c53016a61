import { Failure } from '../../../system/failure.ts';
import type { JsonObject } from '../../../system/json-object.ts';
import type { NewPort, OvsDriver, OvsOptions } from '../driver.ts';
import { noBridge, refusedPort } from '../failures.ts';
import { firstText, readPorts } from '../ports.ts';
import { TransactionError, type Database } from './database.ts';
import { rowsOf } from './rows.ts';
import { withDatabase } from './session.ts';
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

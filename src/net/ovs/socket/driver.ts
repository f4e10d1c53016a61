import { Failure } from '../../../system/failure.ts';
import type { JsonObject } from '../../../system/json-object.ts';
import type { NewPort, OvsDriver, OvsOptions } from '../driver.ts';
import { aboutPort, drainingBridge, noBridge, refusedPort } from '../failures.ts';
import { firstText, isDraining, readPorts } from '../ports.ts';
import { TransactionError, type Database } from './database.ts';
import { rowsOf } from './rows.ts';
import { withDatabase } from './session.ts';
import {
  additionOf,
  bridgeNamed,
  errorsOf,
  insertedLinks,
  portsWanted,
  removalOf,
  takenBy,
  uuidOfPort,
  withoutBridge,
} from './operations.ts';

/**
 * Open vSwitch by the protocol of its database (RFC 7047), over its socket: no process, and nothing that grows with the
 * number of ports, as ovs-vsctl does (docs/adr/0006-ovsdb-socket.md).
 */
export function socketDriver(options: OvsOptions): OvsDriver {
  const { timeout } = options;
  return {
    addPorts: (ports) => withDatabase(options, (database) => addPorts(database, { ports, timeout })),
    removePorts: (names) => withDatabase(options, (database) => removePorts(database, { names, timeout })),
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

interface Addition extends Timed {
  readonly ports: readonly NewPort[];
}

async function addPorts(database: Database, addition: Addition): Promise<void> {
  const { ports, timeout } = addition;
  // A request that a hanging ovsdb-server has not read yet would be carried out once it goes on: ask it something first.
  await refuseBridges(database, addition);
  const results = await insert(database, addition);
  const uuids = insertedLinks(results).map((result) => result['uuid']);
  const taken = await database.transact([...takenBy(uuids), ...errorsOf(uuids)], timeout);
  for (const [index, port] of ports.entries()) {
    const reason = firstText(rowsOf(taken[ports.length + index])[0]?.['error']);
    if (reason !== '') throw refusedPort(port, reason);
  }
}

async function refuseBridges(database: Database, { ports, timeout }: Addition): Promise<void> {
  const bridges = [...new Set(ports.map(({ bridge }) => bridge))];
  const found = await database.transact(bridges.map(bridgeNamed), timeout);
  for (const [index, bridge] of bridges.entries()) {
    const [row] = rowsOf(found[index]);
    if (row === undefined) throw aboutPort(ports, noBridge(bridge));
    if (isDraining(row['external_ids'])) throw aboutPort(ports, drainingBridge(bridge));
  }
}

async function insert(database: Database, addition: Addition): Promise<readonly JsonObject[]> {
  const { ports, timeout } = addition;
  try {
    return await database.transact(additionOf(ports), timeout);
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    const homeless = withoutBridge(ports, error.operation);
    if (homeless !== undefined) {
      await refuseBridges(database, addition);
      throw aboutPort([homeless], noBridge(homeless.bridge));
    }
    throw aboutPort(ports, error.code === 'constraint violation' ? takenName(ports, error) : error);
  }
}

/** The name, that of one of them, is in the words of ovsdb-server. */
function takenName(ports: readonly NewPort[], { message: details }: TransactionError): Failure {
  const name = ports.find((port) => details.includes(port.name))?.name ?? '';
  return new Failure('wiring', `Open vSwitch has a port named ${name} already`, { details });
}

async function removePorts(
  database: Database,
  { names, timeout }: Timed & { readonly names: readonly string[] },
): Promise<void> {
  const found = await database.transact(names.map(uuidOfPort), timeout);
  const uuids = found.map((result) => rowsOf(result)[0]?.['_uuid']).filter((uuid) => uuid !== undefined);
  if (uuids.length > 0) await database.transact(uuids.map(removalOf), timeout);
}

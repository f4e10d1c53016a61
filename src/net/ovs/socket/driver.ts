import { Failure } from '../../../system/failure.ts';
import type { JsonObject } from '../../../system/json-object.ts';
import type { NewPort, OvsDriver, OvsOptions, PortAddition } from '../driver.ts';
import { aboutPort, drainingBridge, noBridge, refusedPort } from '../failures.ts';
import { firstText, isDraining, readPorts } from '../ports.ts';
import { monotonicNow } from '../../../system/time.ts';
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
    addPorts: (addition) => addPortsWhenKnown(options, addition),
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

/** Milliseconds that a look at the bridges holds good, and that a connection may be left alone. */
const idle = 1000;

/** Looks at the bridges while the ports are not known yet. */
async function addPortsWhenKnown(options: OvsOptions, { bridges, ports: wanted }: PortAddition): Promise<void> {
  const { timeout } = options;
  const late = await withDatabase(options, async (database) => {
    await refuseBridges(database, { bridges, timeout });
    const begin = monotonicNow();
    const ports = await wanted();
    if (monotonicNow() - begin > idle) return ports;
    await addPorts(database, { ports, timeout });
    return undefined;
  });
  if (late === undefined) return;
  await withDatabase(options, async (database) => {
    await refuseBridges(database, { bridges, timeout });
    await addPorts(database, { ports: late, timeout });
  });
}

/**
 * A request that a hanging ovsdb-server has not read yet would be carried out once it goes on: it must have been asked
 * something just before.
 */
async function addPorts(database: Database, addition: Addition): Promise<void> {
  const { ports, timeout } = addition;
  const results = await insert(database, addition);
  const uuids = insertedLinks(results).map((result) => result['uuid']);
  const taken = await database.transact([...takenBy(uuids), ...errorsOf(uuids)], timeout);
  for (const [index, port] of ports.entries()) {
    const reason = firstText(rowsOf(taken[ports.length + index])[0]?.['error']);
    if (reason !== '') throw refusedPort(port, reason);
  }
}

async function refuseBridges(
  database: Database,
  { bridges, timeout }: Timed & Pick<PortAddition, 'bridges'>,
): Promise<void> {
  const found = await database.transact(bridges.map(bridgeNamed), timeout);
  for (const [index, bridge] of bridges.entries()) {
    const [row] = rowsOf(found[index]);
    if (row === undefined) throw noBridge(bridge);
    if (isDraining(row['external_ids'])) throw drainingBridge(bridge);
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
      await refuseBridges(database, { bridges: [homeless.bridge], timeout });
      throw noBridge(homeless.bridge);
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

import type { OvsOptions } from '../../net/ovs/driver.ts';
import { marker, portColumns, readPorts, type PortOwner } from '../../net/ovs/ports.ts';
import { rowsOf } from '../../net/ovs/socket/rows.ts';
import { withDatabase } from '../../net/ovs/socket/session.ts';

/** Whose the ports of Pods are, on whatever bridge; those that others have made are not among them. @throws Failure `unavailable` */
export async function readPortOwners(options: OvsOptions): Promise<readonly PortOwner[]> {
  return withDatabase(options, async (database) => {
    const where = [['external_ids', 'includes', ['map', Object.entries(marker)]]];
    const select = { op: 'select', table: 'Port', where, columns: portColumns };
    const [ports] = await database.transact([select], options.timeout);
    return readPorts({ ports: rowsOf(ports), interfaces: [], bridges: [] }).map(({ owner }) => owner);
  });
}

import type { NodeSettings } from '../../config/node-file.ts';
import { messageOf } from '../../system/failure.ts';
import { checkBridge } from './bridge.ts';
import { fail, ok, type Finding } from '../output/finding.ts';
import { transact, type Row } from './ovsdb-client.ts';

const timeout = 5000;

/** Open vSwitch: its database, its daemon, and the bridges that networks may name. */
export async function checkOvs({ ovsdb, bridge, bridges }: NodeSettings): Promise<readonly Finding[]> {
  const socket = ovsdb.replace(/^unix:/, '');
  try {
    const [roots = [], bridgeRows = [], ports = [], interfaces = []] = await transact(socket, {
      operations: [
        select('Open_vSwitch', ['cur_cfg', 'ovs_version']),
        select('Bridge', ['name', 'datapath_type', 'ports']),
        select('Port', ['_uuid', 'name', 'external_ids']),
        select('Interface', ['name', 'error']),
      ],
      timeout,
    });
    const names = [...new Set([bridge, ...bridges])];
    return [
      ok('ovsdb', ovsdb),
      await checkSwitch(socket, roots[0]),
      ...names.map((name) => checkBridge(name, { bridges: bridgeRows, ports, interfaces })),
    ];
  } catch (error) {
    const advice = "start ovsdb-server (systemctl start openvswitch-switch), or put the Node file's ovsdb right";
    return [fail('ovsdb', `Open vSwitch's database does not answer at ${ovsdb}: ${messageOf(error)}`, advice)];
  }
}

/**
 * Increments `next_cfg`, as every client does that waits for ovs-vswitchd (ovs-vswitchd.conf.db(5)):
 * a daemon that is alive sets `cur_cfg` to it. One that is stopped keeps its lock and its pid file.
 */
async function checkSwitch(socket: string, root: Row | undefined): Promise<Finding> {
  const name = 'ovs-vswitchd';
  const advice = 'start it (systemctl restart openvswitch-switch), and look into /var/log/openvswitch/ovs-vswitchd.log';
  if (root === undefined) return fail(name, 'has never run: the database is empty', advice);
  const { cur_cfg: current, ovs_version: version } = root;
  const increment = { op: 'mutate', table: 'Open_vSwitch', where: [], mutations: [['next_cfg', '+=', 1]] };
  const change = { op: 'wait', table: 'Open_vSwitch', where: [], columns: ['cur_cfg'], until: '!=', timeout };
  try {
    await transact(socket, { operations: [increment], timeout });
    await transact(socket, { operations: [{ ...change, rows: [{ cur_cfg: current }] }], timeout: timeout + 1000 });
    return ok(name, typeof version === 'string' ? version : 'answers');
  } catch (error) {
    return fail(name, `does not do what the database says (${messageOf(error)}): an attachment would fail`, advice);
  }
}

function select(table: string, columns: readonly string[]): object {
  return { op: 'select', table, where: [], columns };
}

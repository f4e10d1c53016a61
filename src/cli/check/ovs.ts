import type { NodeSettings } from '../../config/node-file.ts';
import { messageOf } from '../../system/failure.ts';
import { checkBridge } from './bridge.ts';
import { fail, ok, type Finding } from '../../system/finding.ts';
import { openDatabase, type Database } from '../../net/ovs/socket/database.ts';
import { rowsOf } from '../../net/ovs/socket/rows.ts';
import type { Exec } from '../../system/exec.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { checkVsctl } from '../../agent/host/tools.ts';

const timeout = (): number => 5000;

/** Open vSwitch: its database, its daemon, and the bridges that networks may name. */
export async function checkOvs(exec: Exec, settings: NodeSettings): Promise<readonly Finding[]> {
  const command = settings.ovsDriver === 'ovs-vsctl' ? [checkVsctl(exec)] : [];
  return [...command, ...(await checkDatabase(settings))];
}

async function checkDatabase({ ovsdb, bridge, bridges }: NodeSettings): Promise<readonly Finding[]> {
  let database: Database | undefined;
  try {
    database = await openDatabase(ovsdb.replace(/^unix:/, ''));
    const [roots = [], bridgeRows = [], ports = [], interfaces = []] = await readTables(database);
    const names = [...new Set([bridge, ...bridges])];
    return [
      ok('ovsdb', ovsdb),
      await checkSwitch(database, roots[0]),
      ...names.map((name) => checkBridge(name, { bridges: bridgeRows, ports, interfaces })),
    ];
  } catch (error) {
    const advice = "start ovsdb-server (systemctl start openvswitch-switch), or put the Node file's ovsdb right";
    return [fail('ovsdb', `Open vSwitch's database does not answer at ${ovsdb}: ${messageOf(error)}`, advice)];
  } finally {
    database?.close();
  }
}

async function readTables(database: Database): Promise<readonly (readonly JsonObject[])[]> {
  const operations = [
    select('Open_vSwitch', ['cur_cfg', 'ovs_version']),
    select('Bridge', ['name', 'datapath_type', 'ports', 'external_ids']),
    select('Port', ['_uuid', 'name', 'external_ids']),
    select('Interface', ['name', 'error']),
  ];
  return (await database.transact(operations, timeout)).map(rowsOf);
}

/**
 * Increments `next_cfg`, as every client does that waits for ovs-vswitchd (ovs-vswitchd.conf.db(5)):
 * a daemon that is alive sets `cur_cfg` to it. One that is stopped keeps its lock and its pid file.
 */
async function checkSwitch(database: Database, root: JsonObject | undefined): Promise<Finding> {
  const name = 'ovs-vswitchd';
  const advice = 'start it (systemctl restart openvswitch-switch), and look into /var/log/openvswitch/ovs-vswitchd.log';
  if (root === undefined) return fail(name, 'has never run: the database is empty', advice);
  const { cur_cfg: current, ovs_version: version } = root;
  const increment = { op: 'mutate', table: 'Open_vSwitch', where: [], mutations: [['next_cfg', '+=', 1]] };
  const change = { op: 'wait', table: 'Open_vSwitch', where: [], columns: ['cur_cfg'], until: '!=' };
  try {
    await database.transact([increment], timeout);
    await database.transact([{ ...change, rows: [{ cur_cfg: current }] }], timeout);
    return ok(name, typeof version === 'string' ? version : 'answers');
  } catch (error) {
    return fail(name, `does not do what the database says (${messageOf(error)}): an attachment would fail`, advice);
  }
}

function select(table: string, columns: readonly string[]): object {
  return { op: 'select', table, where: [], columns };
}

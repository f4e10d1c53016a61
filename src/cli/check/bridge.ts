import { containerRole, markerKey } from '../../net/ovs/bridges.ts';
import { firstText, isDraining, isList, valueIn } from '../../net/ovs/ports.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import type { JsonObject } from '../../system/json-object.ts';

export interface Tables {
  /** `name`, `datapath_type`, `ports`, `external_ids` */
  readonly bridges: readonly JsonObject[];
  /** `_uuid`, `name`, `external_ids` */
  readonly ports: readonly JsonObject[];
  /** `name`, `error` */
  readonly interfaces: readonly JsonObject[];
}

/** Whether Pods can be attached to the bridge, and reach anything outside this Node from there. */
export function checkBridge(bridge: string, tables: Tables): Finding {
  const name = `bridge ${bridge}`;
  const row = tables.bridges.find((candidate) => candidate['name'] === bridge);
  if (row === undefined) return fail(name, 'Open vSwitch has no such bridge', `make it: ovs-vsctl add-br ${bridge}`);
  if (isDraining(row['external_ids'])) {
    const advice = 'end the Pods that are attached to it, and let networks name the bridge that comes (docs/agent.md)';
    return fail(name, 'the agent is taking it away: it takes no new ports', advice);
  }
  const isKernel = row['datapath_type'] !== 'netdev';
  const error = tables.interfaces.find((candidate) => candidate['name'] === bridge)?.['error'];
  if (typeof error === 'string' && error !== '') {
    const advice = isKernel ? kernelAdvice(bridge) : 'look into /var/log/openvswitch/ovs-vswitchd.log';
    return fail(name, `Open vSwitch cannot make it: ${error}`, advice);
  }
  const datapath = isKernel ? "the kernel's datapath" : 'the userspace datapath (netdev)';
  if (hasUplink(bridge, row, tables)) return ok(name, datapath);
  return warn(
    name,
    `${datapath}; no uplink, so Pods reach only Pods of this Node`,
    `add the interface to the physical network: ovs-vsctl add-port ${bridge} eth1`,
  );
}

function kernelAdvice(bridge: string): string {
  return `load the module: modprobe openvswitch; or, slower: ovs-vsctl set bridge ${bridge} datapath_type=netdev`;
}

/** A port that is neither the bridge's own nor a Pod's. */
function hasUplink(bridge: string, row: JsonObject, { ports }: Tables): boolean {
  const own = new Set(members(row['ports']).map(firstText));
  return ports.some(
    ({ _uuid: uuid, name, external_ids: ids }) =>
      own.has(firstText(uuid)) && name !== bridge && valueIn(ids, markerKey) !== containerRole,
  );
}

/** RFC 7047 §5.1: a set of one is that one. */
function members(set: unknown): readonly unknown[] {
  const [kind, content] = isList(set) ? set : [];
  return kind === 'set' && isList(content) ? content : [set];
}

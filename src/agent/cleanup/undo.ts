import { releaseAll } from '../../ipam/release.ts';
import type { Store } from '../../ipam/store.ts';
import type { SandboxRecord } from '../../system/sandboxes.ts';
import { tryAll } from '../../system/try-all.ts';
import type { Plugin, PluginCall } from './plugin.ts';
import type { Remaining, Remains } from './remains.ts';

/** What was cleaned up: for metrics and the log. */
export type Removed = 'sandbox' | 'attachment' | 'addresses' | 'allocation';

export interface Means {
  readonly plugin: Plugin;
  /** Milliseconds that one call of the plugin may take. */
  readonly timeout: number;
  readonly store: Store;
  readonly removed: (what: Removed, facts: Readonly<Record<string, unknown>>) => void;
}

/**
 * Does what the DEL of a sandbox would have done, each part whatever the others come to: first all networks of a Pod
 * without Multus, in their reverse order, then what is left of attachments, then addresses that nothing else knows of.
 * @throws Failure naming what is left
 */
export async function undo(remains: Remains, means: Means): Promise<void> {
  const { containerID, records, attachments, allocations } = remains;
  const { plugin, timeout, store, removed } = means;
  const isOfRecord = ({ ifname }: Remaining): boolean =>
    records.some((record) => record.attachments.some((one) => one.ifname === ifname));
  const del = async (call: PluginCall, what: Removed, network: string): Promise<void> => {
    await plugin.call(call, timeout);
    removed(what, { containerID, ifname: call.ifname, network });
  };
  await tryAll([
    ...records.map((record) => () => del(ofRecord(record, plugin), 'sandbox', record.network)),
    ...attachments
      .filter((one) => !isOfRecord(one))
      .map((one) => () => del(ofAttachment(one, plugin), one.wired ? 'attachment' : 'addresses', one.network)),
    async () => {
      for (const { pool, owner } of await releaseAll(store, allocations))
        removed('allocation', { containerID, ifname: owner.pod.ifName, network: owner.network, pool });
    },
  ]);
}

/** As the runtime would call us by the configuration of the Node. */
function ofRecord({ containerID, ifname, network, pod }: SandboxRecord, { type }: Plugin): PluginCall {
  const args = `IgnoreUnknown=1;K8S_POD_NAMESPACE=${pod.namespace};K8S_POD_NAME=${pod.name};K8S_POD_UID=${pod.uid}`;
  const config = { cniVersion: '1.1.0', name: network, type, networkType: 'secondary' };
  return { command: 'DEL', containerID, ifname, args, config };
}

/** As far as DEL needs it; whatever else the network said, the journal knows, or it does not matter any more. */
function ofAttachment({ containerID, ifname, network, wired, pools }: Remaining, { type }: Plugin): PluginCall {
  const ipam = { ipam: { type, ippools: pools } };
  const base = { cniVersion: '1.1.0', name: network };
  // An attachment of another plugin, for which we are the IPAM plugin.
  const config = wired
    ? { ...base, type, networkType: 'vlan', ...(pools.length > 0 && ipam) }
    : { ...base, type: `not-${type}`, ...ipam };
  return { command: 'DEL', containerID, ifname, config };
}

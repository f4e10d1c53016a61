import { releaseAll } from '../../ipam/release.ts';
import type { Store } from '../../ipam/store.ts';
import { Failure } from '../../system/failure.ts';
import type { Journal } from '../../system/journal.ts';
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
  readonly journal: Pick<Journal, 'read'>;
  readonly removed: (what: Removed, facts: Readonly<Record<string, unknown>>) => void;
}

/**
 * Does what the DEL of a sandbox would have done, each part whatever the others come to: first all networks of a Pod
 * without Multus, in their reverse order, then what is left of attachments, then addresses that nothing else knows of.
 * @throws Failure naming what is left
 */
export async function undo(remains: Remains, means: Means): Promise<void> {
  const { containerID, records, attachments, allocations } = remains;
  const { store, removed } = means;
  const alone = attachments.filter((one) => !records.some((record) => isOf(record, one)));
  await tryAll([
    ...records.map((record) => async () => {
      const parts = attachments.filter((one) => isOf(record, one));
      await del(means, ofRecord(record, means.plugin), { what: 'sandbox', network: record.network, parts });
    }),
    ...alone.map((one) => async () => {
      const what = one.wired ? 'attachment' : 'addresses';
      await del(means, ofAttachment(one, means.plugin), { what, network: one.network, parts: [one] });
    }),
    async () => {
      for (const { pool, owner } of await releaseAll(store, allocations))
        removed('allocation', { containerID, ifname: owner.pod.ifName, network: owner.network, pool });
    },
  ]);
}

function isOf(record: SandboxRecord, { ifname }: Remaining): boolean {
  return record.attachments.some((one) => one.ifname === ifname);
}

interface Removal {
  readonly what: Removed;
  readonly network: string;
  /** What the journal has to have forgotten afterwards. */
  readonly parts: readonly Remaining[];
}

/** A DEL that could not reach the store leaves the addresses to the agent (src/plugin/left-to-agent.ts): to us. */
async function del(
  { plugin, timeout, journal, removed }: Means,
  call: PluginCall,
  { what, network, parts }: Removal,
): Promise<void> {
  await plugin.call(call, timeout);
  if (parts.some((one) => journal.read(one) !== undefined))
    throw new Failure('unavailable', 'the store is away: the addresses stay held until it is back');
  removed(what, { containerID: call.containerID, ifname: call.ifname, network });
}

/** As the runtime would call us by the configuration of the Node. */
function ofRecord({ containerID, ifname, network, pod }: SandboxRecord, { type }: Plugin): PluginCall {
  const args = `IgnoreUnknown=1;K8S_POD_NAMESPACE=${pod.namespace};K8S_POD_NAME=${pod.name};K8S_POD_UID=${pod.uid}`;
  const config = { cniVersion: '1.1.0', name: network, type, networkType: 'secondary' };
  return { command: 'DEL', containerID, ifname, args, config };
}

/** As far as DEL needs it; whatever else the network said, the journal knows, or it does not matter any more. */
function ofAttachment(
  { containerID, ifname, network, wired, pools, ipam: given }: Remaining,
  { type }: Plugin,
): PluginCall {
  const ipam = { ipam: given ?? { type, ippools: pools } };
  // Old enough for whatever plugin is installed.
  const base = { cniVersion: given === undefined ? '1.1.0' : '0.4.0', name: network };
  // An attachment of another plugin, for which we are the IPAM plugin.
  const config = wired
    ? { ...base, type, networkType: 'vlan', ...((given !== undefined || pools.length > 0) && ipam) }
    : { ...base, type: `not-${type}`, ...ipam };
  return { command: 'DEL', containerID, ifname, config };
}

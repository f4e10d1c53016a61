import type { SandboxAttachment, SandboxRecord } from '../../system/sandboxes.ts';
import { tryAll } from '../../system/try-all.ts';
import { naming } from '../naming.ts';
import { delDelegates } from './delegates.ts';
import { labelOf } from './label.ts';
import type { Native } from './native.ts';
import { detachVlans } from './vlan-networks.ts';

/**
 * Takes back everything that a sandbox has got, each whatever becomes of the others: other plugins' networks, the last
 * one first, and then ours, which ADD makes before them. What could not be taken back stays in the record.
 * @throws Failure naming each network that is left
 */
export async function detachAll(native: Native, record: SandboxRecord): Promise<void> {
  const { attachments } = record;
  const left = new Set(attachments);
  const done = (attachment: SandboxAttachment): void => void left.delete(attachment);
  const others = attachments.filter(({ kind }) => kind === 'delegates').toReversed();
  const vlans = attachments.filter(({ kind }) => kind === 'vlan');
  try {
    await tryAll([
      ...others.map((attachment) => async () => {
        await naming(labelOf(attachment), () => delDelegates(native, attachment));
        done(attachment);
      }),
      () => detachVlans(native, vlans, done),
    ]);
  } finally {
    if (left.size === 0) native.sandboxes.remove(record);
    else native.sandboxes.write({ ...record, complete: false, attachments: [...left] });
  }
}

/**
 * For when the record is damaged: the journal knows VLAN networks, with the plugin of their addresses, and the addresses
 * of ours that other networks have.
 */
export async function detachUnrecorded(native: Native): Promise<void> {
  const { journal, ownType } = native.context;
  const entries = journal.list().filter(({ containerID }) => containerID === native.request.containerID);
  const attachments = entries.map(({ ifname, network, pools, ipam }): SandboxAttachment => {
    // Old enough for whatever plugin is installed.
    const base = { cniVersion: '0.4.0', name: network, type: ownType, networkType: 'vlan' };
    const plugin = { ...base, ipam: ipam ?? { type: ownType, ippools: pools } };
    return { nad: network, ifname, kind: 'vlan', args: '', plugins: [plugin] };
  });
  await detachVlans(native, attachments, () => {});
  native.sandboxes.remove(native.request);
}

import type { SandboxAttachment, SandboxRecord } from '../../system/sandboxes.ts';
import { tryAll } from '../../system/try-all.ts';
import { detachNetwork } from './one-network.ts';
import type { Native } from './native.ts';

/**
 * Takes back everything that a sandbox has got, the last first, each whatever the others do. What could not be taken
 * back stays in the record.
 * @throws Failure naming each network that is left
 */
export async function detachAll(native: Native, record: SandboxRecord): Promise<void> {
  const left: SandboxAttachment[] = [];
  try {
    await tryAll(
      record.attachments.toReversed().map((attachment) => async () => {
        left.unshift(attachment);
        await detachNetwork(native, attachment);
        left.shift();
      }),
    );
  } finally {
    if (left.length === 0) native.sandboxes.remove(record);
    else native.sandboxes.write({ ...record, complete: false, attachments: left });
  }
}

/** For when the record is damaged: the journal knows VLAN networks, and the addresses of ours that other networks have. */
export async function detachUnrecorded(native: Native): Promise<void> {
  const { journal, ownType } = native.context;
  const entries = journal.list().filter(({ containerID }) => containerID === native.request.containerID);
  await tryAll(
    entries.map(({ ifname, network, pools }) => async () => {
      const ipam = { type: ownType, ippools: pools };
      const plugin = { cniVersion: '1.1.0', name: network, type: ownType, networkType: 'vlan', ipam };
      await detachNetwork(native, { nad: network, ifname, kind: 'vlan', args: '', plugins: [plugin] });
    }),
  );
  native.sandboxes.remove(native.request);
}

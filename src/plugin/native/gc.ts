import { releaseAll } from '../../ipam/release.ts';
import type { Allocation } from '../../ipam/store.ts';
import type { SandboxRecord } from '../../system/sandboxes.ts';
import { tryAll } from '../../system/try-all.ts';
import { exclusively, releaseDeadLocks } from '../exclusive.ts';
import { removeWiring } from '../del.ts';
import { settle } from '../unsettled.ts';
import { readValidAttachments, readValidContainers } from '../valid-attachments.ts';
import { detachAll } from './detach-all.ts';
import type { Native } from './native.ts';

/**
 * GC: the runtime names the sandboxes of this Node by their first interface; all networks of the others go. The records
 * know them; what a record has lost, the addresses of Pods in the store still tell.
 */
export async function gc(native: Native): Promise<void> {
  const { context, sandboxes } = native;
  const { raw, name } = context.call.config;
  const isValid = readValidAttachments(raw);
  const isValidContainer = readValidContainers(raw);
  const stale = sandboxes.list().filter((record) => record.network === name && !isValid(record));
  await tryAll([
    ...stale.map((record) => () => removeSandbox(native, record)),
    // What they have left running is ended before it is looked for what they have made.
    () => releaseDeadLocks(context),
    () => releaseUnrecorded(native, isValidContainer),
    () => settle(context),
    async () => context.sweep(),
  ]);
  context.log('info', 'garbage collected', { sandboxes: stale.length });
}

async function removeSandbox(native: Native, { containerID, ifname, netns, pod }: SandboxRecord): Promise<void> {
  const args = { K8S_POD_NAMESPACE: pod.namespace, K8S_POD_NAME: pod.name, K8S_POD_UID: pod.uid };
  const request = { ...native.request, containerID, ifname, netns, args, argsText: '' };
  await exclusively(native.context, request, async () => {
    const record = native.sandboxes.read(request);
    if (record !== undefined) await detachAll({ ...native, request }, record);
  });
}

/** Of Pods only: the sandboxes of podman, say, are not in the list of this network. */
async function releaseUnrecorded(native: Native, isValidContainer: (containerID: string) => boolean): Promise<void> {
  const { store, settings } = native.context;
  const stale: Allocation[] = [];
  const node = settings.store.kind === 'file' ? {} : { node: settings.nodeName };
  for await (const allocation of store.find(node)) {
    const { uid, containerID } = allocation.owner.pod;
    if (uid !== '' && !isValidContainer(containerID)) stale.push(allocation);
  }
  await tryAll(stale.map((allocation) => () => release(native, allocation)));
}

async function release({ context }: Native, allocation: Allocation): Promise<void> {
  const { containerID, ifName: ifname } = allocation.owner.pod;
  await exclusively(context, { containerID, ifname }, async () => {
    await removeWiring(context, { containerID, ifname }, { known: true });
    await releaseAll(context.store, [allocation]);
    context.journal.remove({ containerID, ifname });
  });
}

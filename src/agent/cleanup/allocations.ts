import { createFileStore } from '../../ipam/file/store.ts';
import { createKubernetesStore } from '../../ipam/kubernetes/store.ts';
import type { Allocation, Store } from '../../ipam/store.ts';
import type { NodeSettings } from '../../config/node-file.ts';
import { Failure } from '../../system/failure.ts';
import type { KubeClient } from '../../kube/client.ts';

/** The store that this Node's plugin uses; in a cluster with the agent's own rights. @throws Failure `config` */
export function storeOf({ store, dataDir }: NodeSettings, client: KubeClient | undefined): Store {
  if (store.kind === 'file') return createFileStore({ dataDir });
  if (client !== undefined) return createKubernetesStore({ client });
  throw new Failure('config', 'the Node file names a kubeconfig, and the agent was told of no cluster', {
    details: 'start the agent without --no-cluster',
  });
}

/** What this Node's Pods, and other sandboxes, hold. */
export async function allocationsOf(
  store: Store,
  { store: { kind }, nodeName }: NodeSettings,
): Promise<readonly Allocation[]> {
  const found: Allocation[] = [];
  // The file store is this Node's own, whatever name the Node had.
  for await (const allocation of store.find(kind === 'file' ? {} : { node: nodeName })) {
    if (allocation.phase === 'Allocated') found.push(allocation);
  }
  return found;
}

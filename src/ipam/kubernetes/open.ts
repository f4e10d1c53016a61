import { lazyClient } from '../../kube/client.ts';
import { readKubeconfig } from '../../kube/kubeconfig.ts';
import type { Files } from '../../system/files.ts';
import type { Deadline } from '../../system/time.ts';
import { createKubernetesStore, type KubernetesStore } from './store.ts';

export interface OpenOptions {
  readonly files: Pick<Files, 'read'>;
  /** A path. */
  readonly kubeconfig: string;
  /** Of the call that the store is opened for. */
  readonly deadline: Deadline;
}

/** The store of a cluster. The kubeconfig is read, and HTTP loaded, only when something is asked of it. */
export function openKubernetesStore({ files, kubeconfig, deadline }: OpenOptions): KubernetesStore {
  return createKubernetesStore({
    client: lazyClient(() => readKubeconfig(files, kubeconfig), { deadline, sole: true }),
  });
}

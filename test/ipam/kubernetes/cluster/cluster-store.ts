import { createKubernetesPools } from '../../../../src/ipam/kubernetes/pools.ts';
import { createKubernetesStore } from '../../../../src/ipam/kubernetes/store.ts';
import type { PoolAdmin } from '../../../../src/ipam/pool-admin.ts';
import type { Store } from '../../../../src/ipam/store.ts';
import { createClient, type KubeClient } from '../../../../src/kube/client.ts';
import { readKubeconfig } from '../../../../src/kube/kubeconfig.ts';
import { files } from '../../../../src/system/files.ts';
import { deadlineIn } from '../../../../src/system/time.ts';
import type { Cluster } from '../../../cluster/cluster.ts';
import type { Credentials } from '../../../cluster/kubeconfig.ts';
import { makeNode, makeToken, metadataOf } from '../../../cluster/objects.ts';

export const pools = '/apis/crd.antrea.io/v1beta1/ippools';
export const allocations = '/apis/crd.antrea.io/v1beta1/ipallocations';

/** What the plugin is on the Node of this name, as the agent equips it. */
export async function pluginCredentials(cluster: Cluster, node: string): Promise<Credentials> {
  const path = `/api/v1/nodes/${node}`;
  if ((await cluster.admin.get(path)).status === 404) await makeNode(cluster.admin, node);
  return { token: await makeToken(cluster.admin, { namespace: 'antrea-cni', serviceAccount: 'plugin', node }) };
}

export interface Connections {
  readonly connect: (credentials: Credentials) => KubeClient;
  readonly close: () => void;
}

/** Each client has a connection of its own, as each process has. */
export function connections(cluster: Cluster): Connections {
  const clients: KubeClient[] = [];
  return {
    connect: (credentials) => {
      const access = readKubeconfig(files, cluster.kubeconfig(credentials));
      const client = createClient({ access, deadline: deadlineIn(60_000) });
      clients.push(client);
      return client;
    },
    close: () => clients.forEach((client) => client.close()),
  };
}

export interface ClusterStore {
  readonly store: Store;
  readonly admin: PoolAdmin;
  readonly reopen: () => Store;
  close(): Promise<void>;
}

/** The store as the plugin of `node-1` uses it, and pools as an administrator does. */
export async function openClusterStore(cluster: Cluster): Promise<ClusterStore> {
  const plugin = await pluginCredentials(cluster, 'node-1');
  const { connect, close } = connections(cluster);
  const open = (): Store => createKubernetesStore({ client: connect(plugin) });
  return {
    store: open(),
    admin: createKubernetesPools(connect({ token: cluster.adminToken })),
    reopen: open,
    async close() {
      close();
      await empty(cluster);
    },
  };
}

/** Removes all pools and allocations. */
export async function empty({ admin }: Pick<Cluster, 'admin'>): Promise<void> {
  await admin.remove(allocations);
  for (const pool of await admin.list(pools)) {
    const path = `${pools}/${metadataOf(pool, 'name')}`;
    await admin.patch(path, { metadata: { finalizers: ['crd.antrea.io/ipallocations'] } });
    await admin.patch(`${path}/status`, { status: { usage: { used: 0 } } });
    await admin.remove(path);
    await admin.patch(path, { metadata: { finalizers: [] } });
  }
}

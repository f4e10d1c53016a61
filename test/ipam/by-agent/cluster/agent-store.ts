import { join } from 'node:path';
import { Registry } from 'prom-client';
import { createSocketMetrics } from '../../../../src/agent/socket/metrics.ts';
import { startServing, type Serving } from '../../../../src/agent/socket/serve.ts';
import { openExchange } from '../../../../src/agent-protocol/exchange.ts';
import { createAgentStore } from '../../../../src/ipam/by-agent/store.ts';
import type { PoolAdmin } from '../../../../src/ipam/pool-admin.ts';
import { createKubernetesPools } from '../../../../src/ipam/kubernetes/pools.ts';
import { createKubernetesStore, type KubernetesStore } from '../../../../src/ipam/kubernetes/store.ts';
import { readPool } from '../../../../src/ipam/pool.ts';
import type { Store } from '../../../../src/ipam/store.ts';
import { readKubeconfig } from '../../../../src/kube/kubeconfig.ts';
import { files } from '../../../../src/system/files.ts';
import type { Cluster } from '../../../cluster/cluster.ts';
import { makeRoleToken } from '../../../cluster/objects.ts';
import { createResources } from '../../../fixture/resources.ts';
import { makeTempDir } from '../../../fixture/unique.ts';
import { until } from '../../../fixture/until.ts';
import { connections, empty, pluginCredentials } from '../../kubernetes/cluster/cluster-store.ts';

/** An agent of a Node that serves its socket, within this process. */
export interface SocketAgent {
  readonly path: string;
  readonly serving: Serving;
  readonly stop: () => Promise<void>;
}

export async function startSocketAgent(cluster: Cluster, node: string): Promise<SocketAgent> {
  const resources = createResources();
  await pluginCredentials(cluster, node);
  const dir = await resources.use(makeTempDir('agent'));
  const path = join(dir.path, 'run', 'agent.sock');
  const token = await makeRoleToken(cluster.admin, 'agent', node);
  const serving = startServing({
    access: readKubeconfig(files, cluster.kubeconfig({ token })),
    nodeName: node,
    path,
    metrics: { ...createSocketMetrics(new Registry()), watchRestarted: () => {} },
    log: () => {},
  });
  await resources.use(serving);
  await until(() => serving.problem() === undefined, { what: 'an agent that serves' });
  return { path, serving, stop: resources.release };
}

export interface AgentStore {
  readonly store: Store;
  readonly admin: PoolAdmin;
  readonly reopen: () => Store;
  readonly close: () => Promise<void>;
}

/** The store as the plugins of the agent's Node use it; each that is opened is one process, so to say. */
export async function openAgentStore(
  cluster: Cluster,
  { path, serving }: SocketAgent,
  directly: (direct: KubernetesStore) => KubernetesStore = (direct) => direct,
): Promise<AgentStore> {
  const plugin = await pluginCredentials(cluster, 'node-1');
  const { connect, close } = connections(cluster);
  const exchanges: ReturnType<typeof openExchange>[] = [];
  const open = (): Store => {
    const exchange = openExchange(path);
    exchanges.push(exchange);
    return createAgentStore({ exchange, direct: directly(createKubernetesStore({ client: connect(plugin) })) });
  };
  const admin = createKubernetesPools(connect({ token: cluster.adminToken }));
  return {
    store: open(),
    admin: { ...admin, ...noticed(admin, serving) },
    reopen: open,
    close: async () => {
      for (const exchange of exchanges) exchange.close();
      close();
      await empty(cluster);
    },
  };
}

/** What was done to pools, the agent knows a moment later. */
function noticed(admin: PoolAdmin, { view }: Serving): Pick<PoolAdmin, 'applyPool' | 'deletePool'> {
  const knows = async (name: string): Promise<boolean> => {
    const pool = await admin.getPool(name).catch(() => undefined);
    const known = view.pools.get(name);
    if (pool === undefined || pool.metadata['deletionTimestamp'] !== undefined) return known === undefined;
    return known?.pool.uid === pool.metadata['uid'] && known?.pool.generation === pool.metadata['generation'];
  };
  const settled = async (name: string): Promise<void> => {
    await until(() => knows(name), { what: `the agent to know of pool ${name}` });
  };
  return {
    applyPool: async (manifest, options) => {
      const outcome = await admin.applyPool(manifest, options);
      await settled(readPool(manifest).name);
      return outcome;
    },
    deletePool: async (name) => {
      await admin.deletePool(name);
      await settled(name);
    },
  };
}

import { startCluster, type Cluster } from '../../test/cluster/cluster.ts';
import { applyDeploy } from '../../test/cluster/deploy.ts';
import { makeNamespace, makeNode, makeRoleToken } from '../../test/cluster/objects.ts';
import { hostAddress } from '../../test/cluster/reach.ts';
import { createResources } from '../../test/fixture/resources.ts';
import { setStage, type Stage } from '../stage.ts';

/** The stage, with a real API server beside it: our store is in there, and whereabouts' and Multus' objects too. */
export interface ClusterStage extends Stage {
  readonly cluster: Cluster;
  /** May do everything: what the others are given. Ours has its token of the Node, and the policies apply to it. */
  readonly adminKubeconfig: string;
}

export const nodeName = 'bench-node';

/** @throws Error without etcd and kube-apiserver; see findClusterTools */
export async function setClusterStage(sandboxCount: number): Promise<ClusterStage> {
  const resources = createResources();
  try {
    const cluster = await resources.use(startCluster({ nodes: true }));
    await applyDeploy(cluster);
    await makeNode(cluster.admin, nodeName);
    await makeNamespace(cluster.admin, 'bench');
    const server = `https://${hostAddress}:${cluster.port}`;
    const token = await makeRoleToken(cluster.admin, 'plugin', nodeName);
    const kubeconfig = cluster.kubeconfig({ token }, { server });
    const nodeFile = { store: 'kubernetes', kubeconfig, nodeName };
    const stage = await resources.use(setStage(sandboxCount, { nodeFile }));
    await cluster.admitNode(stage.node.netns);
    const adminKubeconfig = cluster.kubeconfig({ token: cluster.adminToken }, { server });
    return { ...stage, cluster, adminKubeconfig, stop: resources.release };
  } catch (error) {
    await resources.release();
    throw error;
  }
}

import { readFileSync, writeFileSync } from 'node:fs';
import type { Cluster } from '../../cluster/cluster.ts';
import { applyObject } from '../../cluster/deploy.ts';
import { startDeployedCluster } from '../../cluster/deployed.ts';
import { allocationPath, poolPath } from '../../cluster/pools.ts';
import { hostAddress } from '../../cluster/reach.ts';
import { isObject, parseJson, textAt, type JsonObject } from '../../fixture/json.ts';
import { startNode, type TestNode } from '../../fixture/node.ts';
import { createResources } from '../../fixture/resources.ts';
import { createRuntime, type Runtime } from '../../fixture/runtime.ts';
import { until } from '../../fixture/until.ts';
import { pluginCredentials } from '../../ipam/kubernetes/cluster/cluster-store.ts';
import { manifest, type SamplePool } from '../../ipam/sample.ts';
import { podsOn, type ClusterPod, type PodWish } from './pod.ts';
import { tracesOf, type Traces } from './traces.ts';

/** A Node of a cluster, with the plugin as the agent equips it: Open vSwitch, and a token that is bound to the Node. */
export interface ClusterBed {
  readonly cluster: Cluster;
  readonly node: TestNode;
  readonly runtime: Runtime;
  /** The API server's URL from within the Node's network namespace. */
  readonly server: string;
  readonly applyPools: (...pools: readonly SamplePool[]) => Promise<void>;
  readonly apply: (...objects: readonly JsonObject[]) => Promise<void>;
  readonly pod: (wish?: PodWish) => Promise<ClusterPod>;
  /** The specs of all IPAllocations. */
  readonly allocations: () => Promise<readonly JsonObject[]>;
  /** `pool/address` of all that is held, sorted. */
  readonly held: () => Promise<readonly string[]>;
  /** Everything that attachments have on the Node and in the cluster; `noTraces` when nothing is attached. */
  readonly traces: () => Promise<Traces>;
  /** SIGKILL of the API server; until `restart`, the plugin's calls try for 6 s only. */
  readonly killServer: () => Promise<void>;
  /** Starts the API server again, and waits until it serves what pools, allocations and networks are. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const nodeName = 'node-1';

/** @param nodeFile more keys of the Node file */
export async function startClusterBed(nodeFile: JsonObject = {}): Promise<ClusterBed> {
  const resources = createResources();
  try {
    const cluster = await resources.use(startDeployedCluster({ nodes: true }));
    const server = `https://${hostAddress}:${cluster.port}`;
    const kubeconfig = cluster.kubeconfig(await pluginCredentials(cluster, nodeName), { server });
    const node = await resources.use(
      startNode({ nodeFile: { store: 'kubernetes', kubeconfig, nodeName, ...nodeFile } }),
    );
    await cluster.admitNode(node.netns);
    const pods = await resources.use(podsOn(cluster.admin, nodeName));
    return { ...viewOf(cluster, node), server, pod: pods.make, stop: resources.release };
  } catch (error) {
    await resources.release();
    throw error;
  }
}

function viewOf(cluster: Cluster, node: TestNode): Omit<ClusterBed, 'server' | 'pod' | 'stop'> {
  const { admin } = cluster;
  const allocations = async (): Promise<readonly JsonObject[]> =>
    (await admin.list(allocationPath)).map(({ spec }) => (isObject(spec) ? spec : {}));
  const held = async (): Promise<readonly string[]> =>
    (await allocations()).map((one) => `${textAt(one, 'pool')}/${textAt(one, 'address')}`).toSorted();
  const apply = async (...objects: readonly JsonObject[]): Promise<void> => {
    for (const one of objects) await applyObject(admin, one);
  };
  return {
    cluster,
    node,
    runtime: createRuntime({ node }),
    apply,
    applyPools: (...pools) => apply(...pools.map(manifest)),
    allocations,
    held,
    traces: () => tracesOf(node, held),
    ...outage(cluster, node.nodeFile),
  };
}

function outage(cluster: Cluster, nodeFile: string): Pick<ClusterBed, 'killServer' | 'restart'> {
  let before: string | undefined;
  return {
    async killServer() {
      before ??= readFileSync(nodeFile, 'utf8');
      const content = parseJson(before);
      writeFileSync(nodeFile, JSON.stringify({ ...(isObject(content) && content), timeoutSeconds: 6 }));
      await cluster.kill();
    },
    async restart() {
      await restart(cluster);
      if (before !== undefined) writeFileSync(nodeFile, before);
      before = undefined;
    },
  };
}

/** For a moment after its start, an API server says 429 of custom resources. */
async function restart(cluster: Cluster): Promise<void> {
  await cluster.restart();
  const answers = async () => Promise.all(customResources.map((path) => cluster.admin.get(path)));
  const ready = async () => (await answers()).every(({ status }) => status !== 429);
  await until(ready, { what: 'custom resources to be served', everyMs: 50 });
}

const customResources = [
  poolPath('v1beta1'),
  allocationPath,
  '/apis/k8s.cni.cncf.io/v1/network-attachment-definitions',
];

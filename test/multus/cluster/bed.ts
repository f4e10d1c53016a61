import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { accepted } from '../../cluster/api.ts';
import { applyFile } from '../../cluster/deploy.ts';
import { isObject, objectsIn, parseJson, textAt, type JsonObject } from '../../fixture/json.ts';
import type { Outcome } from '../../fixture/outcome.ts';
import { antreaExecutable, createRuntime, debianPlugins, type Invocation } from '../../fixture/runtime.ts';
import { startClusterBed, type ClusterBed } from '../../plugin/cluster/bed.ts';
import { interfaceOf, namespace, type ClusterPod } from '../../plugin/cluster/pod.ts';
import type { FoundMultus } from './multus.ts';
import { admitMultus } from './rights.ts';

/** A Node of a cluster with Multus; its `eth0` is another plugin's. */
export interface MultusBed extends ClusterBed {
  /** All networks of the Pod, as a container runtime asks for them: by one call. `conf`: other keys of Multus' configuration. */
  readonly add: (pod: ClusterPod, conf?: MultusConf) => Promise<Outcome>;
  readonly del: (pod: ClusterPod, conf?: MultusConf) => Promise<Outcome>;
  readonly check: (pod: ClusterPod, conf?: MultusConf) => Promise<Outcome>;
  /** STATUS or GC. */
  readonly ask: (command: string, conf: MultusConf & JsonObject) => Promise<Outcome>;
  /** ADD that is ended by SIGKILL after so many milliseconds: Multus, not what it has started. */
  readonly addUntilKilled: (pod: ClusterPod, milliseconds: number) => Promise<void>;
  /** NetworkAttachmentDefinitions of the Pods' Namespace: `spec.config` by name, as text or as an object. */
  readonly applyNetworks: (networks: Readonly<Record<string, object | string>>, where?: string) => Promise<void>;
  /** DEL of all that a failed test has left attached. */
  readonly reset: () => Promise<void>;
  /** What Multus has written about the Pod. */
  readonly networkStatus: (pod: ClusterPod) => Promise<readonly JsonObject[]>;
}

export interface MultusConf {
  /** Instead of the usual first network. */
  readonly delegates?: readonly object[] | undefined;
  /** Instead of delegates: a network of the Namespace kube-system. */
  readonly clusterNetwork?: string;
  readonly retryDeleteOnError?: boolean;
}

export const ours = basename(antreaExecutable());

/** @param nodeFile more keys of the Node file */
export async function startMultusBed(found: FoundMultus, nodeFile: JsonObject = {}): Promise<MultusBed> {
  if (found.reason !== undefined) throw new Error(found.reason);
  const bed = await startClusterBed(nodeFile);
  try {
    return await withMultus(bed, found);
  } catch (error) {
    await bed.stop();
    throw error;
  }
}

type Present = FoundMultus & { readonly reason: undefined };

async function withMultus(bed: ClusterBed, found: Present): Promise<MultusBed> {
  const { cluster, node, server } = bed;
  const { admin } = cluster;
  await applyFile(admin, found.crd);
  const kubeconfig = cluster.kubeconfig({ token: await admitMultus(cluster) }, { server });
  const path = [dirname(antreaExecutable()), debianPlugins];
  const runtime = createRuntime({ node, executable: found.executable, path });
  const config = multusConfig({ dir: node.dir, kubeconfig });
  const attached = new Map<ClusterPod, MultusConf | undefined>();
  const call: MultusCall = (command, pod, conf) =>
    runtime.call(command, interfaceOf(pod, { ...config, ...conf }, { ifname: 'eth0' }));
  return {
    ...bed,
    async add(pod, conf) {
      attached.set(pod, conf);
      return call('ADD', pod, conf);
    },
    ask: (command, conf) => runtime.call(command, { config: { ...config, cniVersion: '1.1.0', ...conf } }),
    async addUntilKilled(pod, milliseconds) {
      attached.set(pod, undefined);
      await runUntilKilled(runtime.invocation('ADD', interfaceOf(pod, config, { ifname: 'eth0' })), milliseconds);
    },
    async del(pod, conf) {
      const deleted = await call('DEL', pod, conf);
      if (deleted.code === 0) attached.delete(pod);
      return deleted;
    },
    check: (pod, conf) => call('CHECK', pod, conf),
    async reset() {
      for (const [pod, conf] of attached) await call('DEL', pod, conf);
      attached.clear();
    },
    async applyNetworks(networks, where = namespace) {
      for (const [name, spec] of Object.entries(networks)) await bed.apply(networkObject({ name, where, spec }));
    },
    async networkStatus({ object }) {
      const { metadata } = accepted(await admin.get(object));
      const annotations = isObject(metadata) && isObject(metadata['annotations']) ? metadata['annotations'] : {};
      return objectsIn(parseJson(textAt(annotations, statusKey) ?? ''));
    },
  };
}

type MultusCall = (command: string, pod: ClusterPod, conf?: MultusConf) => Promise<Outcome>;

async function runUntilKilled({ argv, input, env }: Invocation, milliseconds: number): Promise<void> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end(input);
  const ended = once(child, 'exit');
  setTimeout(() => child.kill('SIGKILL'), milliseconds);
  await ended;
}

const statusKey = 'k8s.v1.cni.cncf.io/network-status';

function multusConfig({ dir, kubeconfig }: { readonly dir: string; readonly kubeconfig: string }): object {
  const [cniDir, confDir] = [join(dir, 'multus'), join(dir, 'multus.d')];
  for (const folder of [cniDir, confDir]) mkdirSync(folder);
  const first = {
    cniVersion: '1.0.0',
    name: 'cluster-network',
    type: 'ptp',
    ipam: { type: 'host-local', subnet: '10.244.0.0/24', dataDir: join(dir, 'host-local') },
  };
  return {
    cniVersion: '1.0.0',
    name: 'multus-cni-network',
    type: 'multus',
    kubeconfig,
    cniDir,
    confDir,
    binDir: dirname(antreaExecutable()),
    delegates: [first],
  };
}

interface NetworkObject {
  readonly name: string;
  readonly where: string;
  readonly spec: object | string;
}

function networkObject({ name, where, spec }: NetworkObject): JsonObject {
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace: where },
    spec: { config: typeof spec === 'string' ? spec : JSON.stringify(spec) },
  };
}

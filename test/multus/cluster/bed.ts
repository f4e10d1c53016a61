import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { accepted } from '../../cluster/api.ts';
import { applyFile } from '../../cluster/deploy.ts';
import { isObject, objectsIn, parseJson, textAt, type JsonObject } from '../../fixture/json.ts';
import type { Outcome } from '../../fixture/outcome.ts';
import { antreaExecutable, createRuntime, debianPlugins } from '../../fixture/runtime.ts';
import { startClusterBed, type ClusterBed } from '../../plugin/cluster/bed.ts';
import { interfaceOf, namespace, type ClusterPod } from '../../plugin/cluster/pod.ts';
import type { FoundMultus } from './multus.ts';
import { admitMultus } from './rights.ts';

/** A Node of a cluster with Multus; its `eth0` is another plugin's. */
export interface MultusBed extends ClusterBed {
  /** All networks of the Pod, as a container runtime asks for them: by one call. `delegates`: instead of the usual first network. */
  readonly add: (pod: ClusterPod, delegates?: readonly object[]) => Promise<Outcome>;
  readonly del: (pod: ClusterPod, delegates?: readonly object[]) => Promise<Outcome>;
  readonly check: (pod: ClusterPod, delegates?: readonly object[]) => Promise<Outcome>;
  /** NetworkAttachmentDefinitions of the Pods' Namespace: `spec.config` by name. */
  readonly applyNetworks: (networks: Readonly<Record<string, object>>, where?: string) => Promise<void>;
  /** DEL of all that a failed test has left attached. */
  readonly reset: () => Promise<void>;
  /** What Multus has written about the Pod. */
  readonly networkStatus: (pod: ClusterPod) => Promise<readonly JsonObject[]>;
}

export const ours = basename(antreaExecutable());

export async function startMultusBed(found: FoundMultus): Promise<MultusBed> {
  if (found.reason !== undefined) throw new Error(found.reason);
  const bed = await startClusterBed();
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
  const attached = new Map<ClusterPod, readonly object[] | undefined>();
  const call: MultusCall = (command, pod, delegates) =>
    runtime.call(command, interfaceOf(pod, config(delegates), { ifname: 'eth0' }));
  return {
    ...bed,
    async add(pod, delegates) {
      attached.set(pod, delegates);
      return call('ADD', pod, delegates);
    },
    async del(pod, delegates) {
      const deleted = await call('DEL', pod, delegates);
      if (deleted.code === 0) attached.delete(pod);
      return deleted;
    },
    check: (pod, delegates) => call('CHECK', pod, delegates),
    async reset() {
      for (const [pod, delegates] of attached) await call('DEL', pod, delegates);
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

type MultusCall = (command: string, pod: ClusterPod, delegates?: readonly object[]) => Promise<Outcome>;

const statusKey = 'k8s.v1.cni.cncf.io/network-status';

function multusConfig({ dir, kubeconfig }: { readonly dir: string; readonly kubeconfig: string }) {
  const [cniDir, confDir] = [join(dir, 'multus'), join(dir, 'multus.d')];
  for (const folder of [cniDir, confDir]) mkdirSync(folder);
  const first = {
    cniVersion: '1.0.0',
    name: 'cluster-network',
    type: 'ptp',
    ipam: { type: 'host-local', subnet: '10.244.0.0/24', dataDir: join(dir, 'host-local') },
  };
  return (delegates: readonly object[] = [first]): object => ({
    cniVersion: '1.0.0',
    name: 'multus-cni-network',
    type: 'multus',
    kubeconfig,
    cniDir,
    confDir,
    binDir: dirname(antreaExecutable()),
    delegates,
  });
}

function networkObject({
  name,
  where,
  spec,
}: {
  readonly name: string;
  readonly where: string;
  readonly spec: object;
}) {
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace: where },
    spec: { config: JSON.stringify(spec) },
  };
}

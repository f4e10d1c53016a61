import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { accepted } from '../../../cluster/api.ts';
import { applyFile } from '../../../cluster/deploy.ts';
import { isObject, objectsIn, parseJson, textAt, type JsonObject } from '../../../fixture/json.ts';
import { resultOf, type Outcome } from '../../../fixture/outcome.ts';
import { createRuntime, debianPlugins, type Attachment, type Invocation } from '../../../fixture/runtime.ts';
import { startClusterBed, type ClusterBed } from '../../cluster/bed.ts';
import { ours } from '../../cluster/networks.ts';
import { interfaceOf, namespace, type ClusterPod } from '../../cluster/pod.ts';
import { noTraces, type Traces } from '../../cluster/traces.ts';

/** A Node whose list is Debian's `bridge`, and then ours: without Multus. */
export interface NativeBed extends ClusterBed {
  /** Both plugins of the list, as a runtime calls them. */
  readonly add: (pod: ClusterPod, options?: JsonObject) => Promise<Outcome>;
  /** Ours alone, for the Pod's first interface. */
  readonly call: (command: string, pod: ClusterPod, options?: JsonObject) => Promise<Outcome>;
  readonly del: (pod: ClusterPod, more?: Partial<Attachment>) => Promise<Outcome>;
  /** STATUS or GC. */
  readonly ask: (command: string, more?: JsonObject) => Promise<Outcome>;
  /** ADD of ours, for a test that starts the process itself. */
  readonly invocation: (pod: ClusterPod) => Promise<Invocation>;
  readonly applyNetworks: (
    networks: Readonly<Record<string, object | string | undefined>>,
    where?: string,
  ) => Promise<void>;
  /** Everything that Pods have; `nothing` when nothing is left. */
  readonly remains: () => Promise<Remains>;
  readonly annotation: (pod: ClusterPod, key: string) => Promise<readonly JsonObject[]>;
  /** DEL of all that a failed test has left attached. */
  readonly reset: () => Promise<void>;
}

export interface Remains extends Traces {
  readonly sandboxes: readonly string[];
}

export const nothing: Remains = { ...noTraces, sandboxes: [] };

/** @param nodeFile more keys of the Node file */
export async function startNativeBed(nodeFile: JsonObject = {}): Promise<NativeBed> {
  const bed = await startClusterBed(nodeFile);
  try {
    await applyFile(bed.cluster.admin, 'deploy/network-attachment-definitions.yaml');
    return nativeBed(bed);
  } catch (error) {
    await bed.stop();
    throw error;
  }
}

function nativeBed(bed: ClusterBed): NativeBed {
  const { node, runtime, cluster } = bed;
  const { admin } = cluster;
  const list = { cniVersion: '1.1.0', name: 'pod-network' };
  const first = {
    ...list,
    cniVersion: '1.0.0',
    type: 'bridge',
    bridge: 'cni0',
    isDefaultGateway: true,
    ipam: { type: 'host-local', subnet: '10.244.0.0/24', dataDir: join(node.dir, 'pod-network') },
  };
  const own = { ...list, type: ours, networkType: 'secondary', nadDir: join(node.dir, 'nads') };
  const primary = createRuntime({ node, executable: join(debianPlugins, 'bridge') });
  const attached = new Map<ClusterPod, JsonObject>();
  const prevResultOf = async (pod: ClusterPod): Promise<JsonObject> => {
    const known = attached.get(pod) ?? resultOf(await primary.add(eth0(pod, first)));
    attached.set(pod, known);
    return known;
  };
  const call: NativeBed['call'] = async (command, pod, options = {}) =>
    runtime.call(command, { ...eth0(pod, { ...own, ...options }), prevResult: await prevResultOf(pod) });
  return {
    ...bed,
    call,
    add: (pod, options) => call('ADD', pod, options),
    del: (pod, more) => runtime.del({ ...eth0(pod, own), ...more }),
    ask: (command, more = {}) => runtime.call(command, { config: { ...own, ...more } }),
    invocation: async (pod) => runtime.invocation('ADD', { ...eth0(pod, own), prevResult: await prevResultOf(pod) }),
    async applyNetworks(networks, where = namespace) {
      for (const [name, config] of Object.entries(networks)) await bed.apply(networkObject({ name, where, config }));
    },
    remains: async () => ({
      ...(await bed.traces()),
      sandboxes: filesIn(join(node.dataDir, 'sandboxes')),
    }),
    async annotation({ object }, key) {
      const { metadata } = accepted(await admin.get(object));
      const annotations = isObject(metadata) && isObject(metadata['annotations']) ? metadata['annotations'] : {};
      return objectsIn(parseJson(textAt(annotations, key) ?? '[]'));
    },
    async reset() {
      for (const pod of attached.keys()) {
        await runtime.del(eth0(pod, own));
        await primary.del(eth0(pod, first));
      }
      attached.clear();
    },
  };
}

function filesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

interface NetworkObject {
  readonly name: string;
  readonly where: string;
  /** undefined: an empty one. */
  readonly config: object | string | undefined;
}

function networkObject({ name, where, config }: NetworkObject): JsonObject {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace: where },
    ...(config !== undefined && { spec: { config: text } }),
  };
}

function eth0(pod: ClusterPod, config: object): Attachment {
  return interfaceOf(pod, config, { ifname: 'eth0' });
}

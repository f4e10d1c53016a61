import { accepted, type Api } from '../cluster/api.ts';
import { applyObject } from '../cluster/deploy.ts';
import { allocationPath } from '../cluster/pools.ts';
import { isObject } from '../fixture/json.ts';
import { createResources } from '../fixture/resources.ts';
import { until } from '../fixture/until.ts';
import { manifest } from '../ipam/sample.ts';
import { installAntrea, type Antrea } from './node/antrea.ts';
import { startRealNode, type RealNode, type RealNodeOptions } from './node/node.ts';
import { readSandboxes } from './node/sandboxes.ts';
import { readLeftovers } from './node/traces.ts';
import { namespace } from './pods.ts';

/** A Node with a kubelet and this project, and the networks `blue` (VLAN 100) and `green` (VLAN 200). */
export interface Bed extends RealNode {
  readonly admin: Api;
  readonly antrea: Antrea;
  /** Makes, or makes again, the network of that name. */
  readonly applyNetwork: (name: NetworkName) => Promise<void>;
  readonly deleteNetwork: (name: NetworkName) => Promise<void>;
  /** `pool/address` of all that is held, sorted. */
  readonly held: () => Promise<readonly string[]>;
  /** Waits until nothing is left of any sandbox that has ended. */
  readonly clean: (timeoutMs?: number) => Promise<void>;
  /** Waits until no Pod of the tests has a sandbox, and nothing is left of any. */
  readonly empty: (timeoutMs?: number) => Promise<void>;
  /** Runs a command in the network namespace of a Pod. */
  readonly inPod: (pod: string, ...argv: readonly string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
}

export type NetworkName = 'blue' | 'green';

const vlans = { blue: 100, green: 200 } as const;

export interface BedOptions extends RealNodeOptions {
  /** Keys of the Node file that are there before the installation. */
  readonly nodeFile?: object;
}

export async function startBed({ nodeFile = {}, ...options }: BedOptions = {}): Promise<Bed> {
  const resources = createResources();
  try {
    const node = await resources.use(startRealNode(options));
    const antrea = await resources.use(installAntrea(node, nodeFile));
    const { admin } = node.cluster;
    accepted(await admin.post('/api/v1/namespaces', { metadata: { name: namespace } }));
    const bed = { ...describe(node, admin), antrea, stop: resources.release };
    for (const name of ['blue', 'green'] as const) {
      await applyObject(admin, manifest(poolOf(name)));
      await bed.applyNetwork(name);
    }
    return bed;
  } catch (error) {
    await resources.release();
    throw error;
  }
}

function describe(node: RealNode, admin: Api): Omit<Bed, 'antrea' | 'stop'> {
  const clean = (timeoutMs = 120_000): Promise<void> => noLeftovers(node, timeoutMs);
  return {
    ...node,
    admin,
    clean,
    applyNetwork: async (name) => void (await applyObject(admin, networkOf(name))),
    deleteNetwork: async (name) => void accepted(await admin.remove(networkPath(name))),
    held: async () => (await admin.list(allocationPath)).map(heldAddress).toSorted(),
    async empty(timeoutMs = 120_000) {
      await until(() => readSandboxes(node.capsule).length === 0, {
        what: 'the end of all sandboxes',
        timeoutMs,
        everyMs: 100,
      });
      await clean(timeoutMs);
    },
    async inPod(pod, ...argv) {
      const sandbox = readSandboxes(node.capsule).find((one) => one.pod === pod);
      if (sandbox === undefined) throw new Error(`the Pod ${pod} has no sandbox`);
      return node.capsule.exec('nsenter', `--net=${sandbox.netns}`, ...argv);
    },
  };
}

function poolOf(name: NetworkName) {
  const vlan = vlans[name];
  return { name, ranges: [`10.${vlan}.0.0/16`], gateway: `10.${vlan}.0.1`, prefixLength: 16, vlan };
}

function networkPath(name: NetworkName): string {
  return `/apis/k8s.cni.cncf.io/v1/namespaces/${namespace}/network-attachment-definitions/${name}`;
}

function networkOf(name: NetworkName) {
  const config = {
    cniVersion: '1.0.0',
    type: 'antrea',
    networkType: 'vlan',
    ipam: { type: 'antrea', ippools: [name] },
  };
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace },
    spec: { config: JSON.stringify(config) },
  };
}

function heldAddress({ spec }: Readonly<Record<string, unknown>>): string {
  return isObject(spec) ? `${String(spec['pool'])}/${String(spec['address'])}` : '';
}

async function noLeftovers(node: RealNode, timeoutMs: number): Promise<void> {
  let left: readonly string[] = [];
  const none = async (): Promise<boolean> => {
    left = await readLeftovers(node);
    return left.length === 0;
  };
  try {
    await until(none, { what: 'nothing left', timeoutMs, everyMs: 200 });
  } catch (cause) {
    throw new Error(`after ${timeoutMs} ms there is left: ${left.join(', ')}`, { cause });
  }
}

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress } from '../../src/ipam/address.ts';
import { createFilePools } from '../../src/ipam/file/pools.ts';
import { createFileStore } from '../../src/ipam/file/store.ts';
import { objectsIn, textAt, type JsonObject } from '../fixture/json.ts';
import { addNetns, type Netns } from '../fixture/netns.ts';
import { startNode, type NodeOptions, type TestNode } from '../fixture/node.ts';
import { errorOf, resultOf, type Outcome } from '../fixture/outcome.ts';
import { createResources } from '../fixture/resources.ts';
import { createRuntime, makeContainerId, type Attachment, type Runtime } from '../fixture/runtime.ts';
import { manifest, type SamplePool } from '../ipam/sample.ts';

/** A Node with pools and Pods, on which system tests attach. */
export interface Bed {
  readonly node: TestNode;
  readonly runtime: Runtime;
  readonly applyPools: (...pools: readonly SamplePool[]) => Promise<void>;
  readonly applyManifests: (...manifests: readonly object[]) => Promise<void>;
  /** A new network namespace and container ID. */
  readonly pod: () => Promise<Pod>;
  /** `pool/address` of all that is held, sorted. */
  readonly held: () => Promise<readonly string[]>;
  /** Everything that attachments have on the Node; all empty when nothing is attached. */
  readonly traces: () => Promise<Traces>;
  /** The same, as far as it can be seen without OVS. */
  readonly tracesOnNode: () => Promise<Omit<Traces, 'ports'>>;
  /** What Port and Interface say of a port. */
  readonly port: (name: string) => Promise<JsonObject>;
  readonly stop: () => Promise<void>;
}

export interface Pod extends Netns {
  readonly containerId: string;
}

export interface Traces {
  readonly ports: readonly string[];
  readonly links: readonly string[];
  readonly journal: readonly string[];
  readonly held: readonly string[];
}

export const noTraces: Traces = { ports: [], links: [], journal: [], held: [] };

export async function startBed(options: NodeOptions = {}): Promise<Bed> {
  const resources = createResources();
  const node = await resources.use(startNode(options));
  const { dataDir, ovs } = node;
  const pools = createFilePools({ dataDir, now: () => new Date() });
  const applyManifests = async (...manifests: readonly object[]): Promise<void> => {
    for (const one of manifests) await pools.applyPool(one, { force: true });
  };
  const held = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const { pool, address } of createFileStore({ dataDir }).find({})) {
      found.push(`${pool}/${formatAddress(address)}`);
    }
    return found.toSorted();
  };
  const tracesOnNode = async () => ({
    links: (await node.netns.links()).map(({ ifname }) => ifname).filter((name) => /^av[a-z2-7]{13}$/u.test(name)),
    journal: filesIn(`${dataDir}/attachments`),
    held: await held(),
  });
  return {
    node,
    runtime: createRuntime({ node }),
    held,
    stop: resources.release,
    applyManifests,
    applyPools: (...wanted) => applyManifests(...wanted.map(manifest)),
    async pod() {
      return { ...(await resources.use(addNetns('pod-'))), containerId: makeContainerId() };
    },
    tracesOnNode,
    traces: async () => ({ ports: await ovs.ports(node.bridge), ...(await tracesOnNode()) }),
    async port(name) {
      const columns = ['vlan_mode', 'tag', 'trunks', 'external_ids'];
      const port = (await ovs.rows('Port', 'name', ...columns)).find((row) => row['name'] === name);
      const link = (await ovs.rows('Interface', 'name', 'ofport', 'error')).find((row) => row['name'] === name);
      return { ...port, ...link };
    },
  };
}

/** A VLAN network's configuration. */
export function network(more: object = {}): JsonObject {
  return { cniVersion: '1.1.0', name: 'vlan100', type: 'antrea', networkType: 'vlan', vlan: 100, ...more };
}

/** Its `ipam` section with pools of ours. */
export function ipam(...ippools: readonly string[]): { readonly ipam: JsonObject } {
  return { ipam: { type: 'antrea', ippools } };
}

/** One interface of a Pod, `net1` unless `more` says something else. */
export function attachment(pod: Pod, config: Attachment['config'], more: Partial<Attachment> = {}): Attachment {
  return { config, containerId: pod.containerId, netns: pod.path, ifname: 'net1', ...more };
}

/** The host's end, the first interface of a result that is not chained. */
export function hostInterfaceOf(outcome: Outcome): string {
  return textAt(objectsIn(resultOf(outcome)['interfaces'])[0] ?? {}, 'name') ?? '';
}

/** `102: the interface net1 exists already`: code and message of a call that has to fail. */
export function refusal(outcome: Outcome): string {
  const { code, msg } = errorOf(outcome);
  return `${code}: ${msg}`;
}

/** Whether a ping is answered: it ends with the first answer, and after ten seconds, since a busy machine is late. */
export async function reaches(from: Netns, address: string): Promise<boolean> {
  return isAnswered(from, address, ['-w', '10']);
}

/** Whether one ping is answered within a second: for who is not to be reached. */
export async function answersAtOnce(from: Netns, address: string): Promise<boolean> {
  return isAnswered(from, address, ['-W', '1']);
}

async function isAnswered(from: Netns, address: string, limit: readonly string[]): Promise<boolean> {
  const bare = address.replace(/\/.*/u, '');
  const { code } = await from.run(['ping', '-n', '-c', '1', ...limit, bare]);
  return code === 0;
}

/** Removes what cnitool keeps of attachments to a network that a failed test has not detached. */
export function forgetResults(networkName: string): void {
  const folder = '/var/lib/cni/results';
  for (const name of filesIn(folder).filter((file) => file.startsWith(`${networkName}-`))) rmSync(join(folder, name));
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

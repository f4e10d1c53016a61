import { join } from 'node:path';
import { isObject, textAt } from '../../fixture/json.ts';
import { allocationPath } from '../../cluster/pools.ts';
import { bridge } from './antrea.ts';
import type { RealNode } from './node.ts';
import { readFolder, readLastObject } from './reading.ts';
import { readSandboxes } from './sandboxes.ts';

/** Something that an attachment has on the Node or in the cluster. */
export interface Trace {
  /** `port av…`, `link av…`, `journal …`, `address pool/10.0.0.1`. */
  readonly what: string;
  /** Whose it is; empty if that cannot be told. */
  readonly containerId: string;
}

const dataDir = '/var/lib/cni/antrea';

/** Everything that attachments have. */
export async function readTraces(node: RealNode): Promise<readonly Trace[]> {
  const ports = await portsOf(node);
  const owners = new Map(ports.map(({ name, containerId }) => [name, containerId]));
  const links = (await node.netns.links()).map(({ ifname }) => ifname).filter((name) => /^av[a-z2-7]{13}$/u.test(name));
  return [
    ...ports.map(({ name, containerId }) => ({ what: `port ${name}`, containerId })),
    ...links.map((name) => ({ what: `link ${name}`, containerId: owners.get(name) ?? '' })),
    ...['attachments', 'sandboxes', 'unsettled'].flatMap((folder) => recordsIn(node, folder)),
    ...(await allocationsOf(node)),
  ];
}

/** What belongs to no sandbox that runs. */
export async function readLeftovers(node: RealNode): Promise<readonly string[]> {
  // Read first: what is made meanwhile is no leftover of a sandbox that has begun.
  const traces = await readTraces(node);
  const alive = new Set(readSandboxes(node.capsule).map(({ containerId }) => containerId));
  return traces.filter(({ containerId }) => !alive.has(containerId)).map(({ what }) => what);
}

async function portsOf({ ovs }: RealNode): Promise<readonly { readonly name: string; readonly containerId: string }[]> {
  const rows = await ovs.rows('Port', 'name', 'external_ids');
  return rows
    .filter(({ name }) => name !== bridge)
    .map(({ name, external_ids: ids }) => ({
      name: String(name),
      containerId: (isObject(ids) ? textAt(ids, 'container-id') : undefined) ?? '',
    }));
}

function recordsIn({ capsule }: RealNode, folder: string): readonly Trace[] {
  const path = join(capsule.hostPath(dataDir), folder);
  return readFolder(path).map((name) => ({
    what: `${folder} ${name}`,
    containerId: textAt(readLastObject(join(path, name)), 'containerID') ?? '',
  }));
}

async function allocationsOf({ cluster }: RealNode): Promise<readonly Trace[]> {
  const allocations = await cluster.admin.list(allocationPath);
  return allocations.map(({ spec }) => {
    const { pool, address, owner } = isObject(spec) ? spec : {};
    const pod = isObject(owner) && isObject(owner['pod']) ? owner['pod'] : {};
    return { what: `address ${String(pool)}/${String(address)}`, containerId: textAt(pod, 'containerID') ?? '' };
  });
}

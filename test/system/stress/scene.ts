import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { createFilePools } from '../../../src/ipam/file/pools.ts';
import { attachmentKey, hostInterfaceName } from '../../../src/system/attachment-id.ts';
import { addNetns, type Netns } from '../../fixture/netns.ts';
import { startNode, type TestNode } from '../../fixture/node.ts';
import { createResources } from '../../fixture/resources.ts';
import { createRuntime, makeContainerId, type Attachment, type Runtime } from '../../fixture/runtime.ts';
import { manifest } from '../../ipam/sample.ts';

/** How the plugin is used: as the main plugin, or as the IPAM plugin of another one. */
export type Mode = 'vlan' | 'ipam';

export type Sandbox = Attachment & { readonly netns: string };

/** A Node with a pool, and a network namespace whose interfaces all belong to different sandboxes. */
export interface Scene {
  readonly node: TestNode;
  readonly runtime: Runtime;
  readonly pod: Netns;
  /** An attachment of a sandbox that is not there yet. */
  readonly sandbox: (mode: Mode, network?: string) => Sandbox;
  /** GC of a network in which no attachment is valid any more. */
  readonly collect: (mode: Mode, network?: string) => ReturnType<Runtime['call']>;
  /** What the Node still has of attachments: ports, links, files and processes. */
  readonly left: (...sandboxes: readonly Sandbox[]) => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
}

export const pool = 'sample';
/** Room for 65,000 attachments. */
const samplePool = { name: pool, ranges: ['10.7.0.0/16'], gateway: '10.7.0.1', prefixLength: 16, vlan: 100 };

export async function startScene(): Promise<Scene> {
  const resources = createResources();
  try {
    const node = await resources.use(startNode());
    const pod = await resources.use(addNetns('antrea-pod-'));
    const pools = createFilePools({ dataDir: node.dataDir, now: () => new Date() });
    await pools.applyPool(manifest(samplePool), { force: false });
    const runtime = createRuntime({ node });
    const config = configOf(basename(runtime.executable));
    let count = 0;
    return {
      node,
      runtime,
      pod,
      sandbox: (mode, network = 'net') => {
        count += 1;
        return {
          config: config(mode, network),
          containerId: makeContainerId(),
          netns: pod.path,
          ifname: `if${count}`,
        };
      },
      collect: (mode, network = 'net') =>
        runtime.call('GC', { config: { ...config(mode, network), 'cni.dev/valid-attachments': [] } }),
      left: async (...sandboxes) => leftOf({ node, pod }, sandboxes),
      stop: resources.release,
    };
  } catch (error) {
    await resources.release();
    throw error;
  }
}

function configOf(ours: string): (mode: Mode, network: string) => object {
  return (mode, name) => ({
    cniVersion: '1.1.0',
    name,
    ...(mode === 'vlan' ? { type: ours, networkType: 'vlan' } : { type: 'macvlan' }),
    ipam: { type: ours, ippools: [pool] },
  });
}

function keyOf({ containerId: containerID, ifname }: Sandbox): string {
  return attachmentKey({ containerID, ifname });
}

async function leftOf(
  { node, pod }: { readonly node: TestNode; readonly pod: Netns },
  sandboxes: readonly Sandbox[],
): Promise<readonly string[]> {
  const [ports, links, podLinks] = await Promise.all([node.ovs.ports(node.bridge), node.netns.links(), pod.links()]);
  const files = filesBelow(node.dataDir);
  const running = await markedProcesses(sandboxes.map(keyOf));
  return sandboxes.flatMap((sandbox) => {
    const { containerId: containerID, ifname } = sandbox;
    const key = keyOf(sandbox);
    const host = hostInterfaceName({ containerID, ifname });
    return [
      ...ports.filter((port) => port === host).map((port) => `port ${port}`),
      ...links.filter((link) => link.ifname === host).map(() => `link ${host}`),
      ...podLinks.filter((link) => link.ifname === ifname).map(() => `link ${ifname} of the Pod`),
      ...files
        .filter(({ path, content }) => path.includes(key) || content.includes(containerID))
        .map(({ path }) => `file ${path}`),
      ...running.filter(({ mark }) => mark === key).map(({ pid }) => `process ${pid}`),
    ];
  });
}

/**
 * Files, and folders that are named like files; without what dead processes have left in tmp/, which nobody reads and GC
 * sweeps when it is old. Whatever vanishes meanwhile is not there.
 */
function filesBelow(folder: string, path = ''): readonly { readonly path: string; readonly content: string }[] {
  const entries = orNothing(() => readdirSync(join(folder, path), { withFileTypes: true })) ?? [];
  return entries.flatMap((entry) => {
    const below = join(path, entry.name);
    if (entry.isDirectory()) return below === 'tmp' ? [] : [{ path: below, content: '' }, ...filesBelow(folder, below)];
    const content = orNothing(() => readFileSync(join(folder, below), 'utf8'));
    return content === undefined ? [] : [{ path: below, content }];
  });
}

/** DEL does not wait for its last program, `ip link delete`, once that has done its work: a moment is left to it. */
async function markedProcesses(keys: readonly string[]): Promise<ReturnType<typeof processes>> {
  const marked = () => processes().filter(({ mark }) => keys.includes(mark));
  for (let look = 0; look < 500 && marked().length > 0; look++) await after(20);
  return marked();
}

/** Of every process that belongs to an attachment: to which. */
function processes(): readonly { readonly pid: string; readonly mark: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((pid) => {
      const environment = orNothing(() => readFileSync(`/proc/${pid}/environ`, 'utf8'));
      const mark = /(?:^|\0)ANTREA_ATTACHMENT=(?<mark>\w+)/u.exec(environment ?? '')?.groups?.['mark'];
      return mark === undefined ? [] : [{ pid, mark }];
    });
}

function orNothing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { linkThere } from '../test/cluster/reach.ts';
import { must } from '../test/fixture/command.ts';
import { addNetns } from '../test/fixture/netns.ts';
import { startNode, type NodeOptions, type TestNode } from '../test/fixture/node.ts';
import { createResources, type Resources } from '../test/fixture/resources.ts';
import { startLauncher, type Launcher } from './launcher.ts';

/** Where everything happens: a Node with OVS, sandboxes to attach, and the launcher inside of it. */
export interface Stage {
  readonly node: TestNode;
  readonly launcher: Launcher;
  /** CNI_NETNS of each sandbox. */
  readonly sandboxes: readonly string[];
  /** The macvlan plugin's master: one end of a veth pair. */
  readonly macvlanMaster: string;
  /** What attachments of ours have left on the Node; all zero when nothing is attached. */
  readonly leftovers: () => Promise<Leftovers>;
  /** Removes ports and links that a failed DEL has left, so that nobody is measured on what another one left behind. */
  readonly scrub: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface Leftovers {
  readonly ports: number;
  readonly links: number;
  readonly journal: number;
}

const macvlanMaster = 'bench-master';

/** Makes the stage with so many sandboxes. Needs root, OVS and iproute2. */
export async function setStage(sandboxCount: number, options: NodeOptions = {}): Promise<Stage> {
  const resources = createResources();
  try {
    return await build(resources, sandboxCount, options);
  } catch (error) {
    await resources.release();
    throw error;
  }
}

async function build(resources: Resources, sandboxCount: number, options: NodeOptions): Promise<Stage> {
  const node = await resources.use(startNode(options));
  const sandboxes: string[] = [];
  for (let index = 0; index < sandboxCount; index++) {
    sandboxes.push((await resources.use(addNetns('bench-'))).path);
  }
  await addMacvlanMaster(node);
  const launcher = await resources.use(startLauncher(node.netns.prefix));
  const own = new Set((await node.netns.links()).map((link) => link.ifname)).add('cni-bench').add(linkThere);
  const strangers = async (): Promise<readonly string[]> =>
    (await node.netns.links()).map((link) => link.ifname).filter((name) => !own.has(name));
  return {
    node,
    launcher,
    sandboxes,
    macvlanMaster,
    leftovers: async () => ({
      ports: (await node.ovs.ports(node.bridge)).length,
      links: (await strangers()).length,
      journal: entriesOf(join(node.dataDir, 'attachments')),
    }),
    scrub: async () => scrub(node, await strangers()),
    stop: resources.release,
  };
}

async function scrub(node: TestNode, links: readonly string[]): Promise<void> {
  const ports = await node.ovs.ports(node.bridge);
  const each = ports.flatMap((port) => ['--', '--if-exists', 'del-port', node.bridge, port]);
  if (ports.length > 0) await node.ovs.vsctl(...each.slice(1));
  const batch = links.map((link) => `link del dev ${link}\n`).join('');
  if (links.length > 0) await node.netns.run(['ip', '-force', '-batch', '-'], { input: batch });
}

async function addMacvlanMaster(node: TestNode): Promise<void> {
  const ip = ['link', 'add', macvlanMaster, 'type', 'veth', 'peer', 'name', 'bench-uplink'];
  await must([...node.netns.prefix, 'ip', ...ip]);
  await must([...node.netns.prefix, 'ip', 'link', 'set', macvlanMaster, 'up']);
  await must([...node.netns.prefix, 'ip', 'link', 'set', 'bench-uplink', 'up']);
}

function entriesOf(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}

import { relative } from 'node:path';
import { objectsIn, textAt } from '../test/fixture/json.ts';
import { addNetns } from '../test/fixture/netns.ts';
import { startNode, type TestNode } from '../test/fixture/node.ts';
import type { Resources } from '../test/fixture/resources.ts';
import { repository } from '../test/fixture/runtime.ts';
import { createAttacher, ifname, type Attacher } from './attacher.ts';
import type { Pod } from './pod.ts';
import { proveDetached, provePings, showPorts } from './proof.ts';
import type { Show } from './show.ts';
import type { Traces } from './traces.ts';

interface Stage {
  readonly show: Show;
  readonly resources: Resources;
  readonly traces: Traces;
  readonly executable: string;
}

interface Wanted {
  /** How the namespace's name begins. */
  readonly name: string;
  readonly network: string;
}

/** Two Pods on one VLAN reach each other, one on another VLAN reaches neither; then all is taken down again. Throws if anything is not so. */
export async function playDemo(stage: Stage): Promise<void> {
  const { show } = stage;
  show.step('A Node: Open vSwitch with the userspace datapath, in a network namespace of its own');
  const node = await stage.resources.use(startNode({ bridge: 'br-secondary' }));
  show.note('No kernel module, no service, no other interface of this machine is used.');
  show.command(`export ANTREA_NODE_CONFIG=${node.nodeFile}`);
  show.command(`ovs-vsctl --db=${node.ovs.socket} list-br`, await node.ovs.vsctl('list-br'));

  show.step('Pools of addresses: IPv4 and IPv6, for VLAN 100 and for VLAN 200');
  const antrea = commandLine(stage, node);
  await antrea('ippool', 'apply', '-f', 'demo/pools.yaml');

  const attacher = await createAttacher({ node, executable: stage.executable });
  const pods = await attachAndPing(stage, attacher);

  show.step('Who has what');
  await antrea('ippool', 'get');
  await showPorts(show, node);

  show.step('Detach them: every address is free again, and no port is left');
  for (const pod of pods) await detach(show, attacher, pod);
  await antrea('ippool', 'get');
  await showPorts(show, node);
  await proveDetached(node, pods);
}

/** The command line as a person uses it, in the Node's place. */
function commandLine({ show, executable }: Stage, node: TestNode): (...args: readonly string[]) => Promise<void> {
  const typed = relative(repository, executable);
  return async (...args) => {
    const output = await node.netns.run([executable, ...args], { env: node.env, cwd: repository });
    show.command([typed, ...args].join(' '), output.stdout);
    if (output.code !== 0) throw new Error(`${typed} ${args.join(' ')}: exit code ${output.code}\n${output.stderr}`);
  };
}

async function attachAndPing(stage: Stage, attacher: Attacher): Promise<readonly Pod[]> {
  const { show } = stage;
  show.step('Two Pods (network namespaces) on VLAN 100');
  show.note(attacher.about);
  show.command(`export ${attacher.environment}`);
  const one = await attach(stage, attacher, { name: 'pod1-', network: 'vlan100' });
  const two = await attach(stage, attacher, { name: 'pod2-', network: 'vlan100' });

  show.step('They reach each other at once, over IPv4 and IPv6');
  await provePings(show, { from: one, to: two, expected: 'answered' });
  await provePings(show, { from: two, to: one, expected: 'answered' });

  show.step('A third one on VLAN 200 reaches neither, although it is in the same subnets');
  const three = await attach(stage, attacher, { name: 'pod3-', network: 'vlan200' });
  await Promise.all([one, two].map((to) => provePings(show, { from: three, to, expected: 'lost' })));
  return [one, two, three];
}

/** Shows what the plugin printed: a result as the CNI specification has it. */
async function attach({ show, resources, traces }: Stage, attacher: Attacher, { name, network }: Wanted): Promise<Pod> {
  const netns = await resources.use(addNetns(name));
  traces.expect(network, netns.path, ifname);
  const result = await attacher.add(network, netns);
  show.command(attacher.typed('add', network, netns), JSON.stringify(result, undefined, 2));
  const addresses = objectsIn(result['ips']).map((ip) => textAt(ip, 'address')?.replace(/\/.*/u, '') ?? '');
  if (addresses.length !== 2) throw new Error(`expected an IPv4 and an IPv6 address, and got: ${addresses.join(' ')}`);
  return { netns, network, addresses };
}

async function detach(show: Show, attacher: Attacher, pod: Pod): Promise<void> {
  await attacher.del(pod.network, pod.netns);
  show.command(attacher.typed('del', pod.network, pod.netns));
}

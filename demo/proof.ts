import type { TestNode } from '../test/fixture/node.ts';
import type { Pod } from './pod.ts';
import type { Show } from './show.ts';

export interface Pings {
  readonly from: Pod;
  readonly to: Pod;
  readonly expected: 'answered' | 'lost';
}

/** Pings from one Pod to every address of another, all at the same time, and shows them. Throws unless each ends as expected. */
export async function provePings(show: Show, { from, to, expected }: Pings): Promise<void> {
  const pings = await Promise.all(to.addresses.map((address) => pingOnce(from, { address, expected })));
  for (const ping of pings) show.command(ping.typed, ping.summary);
  for (const ping of pings) {
    if (ping.answered === (expected === 'answered')) continue;
    throw new Error(`from ${from.netns.name} (${from.network}), this ping should be ${expected}: ${ping.typed}`);
  }
}

interface Ping extends Pick<Pings, 'expected'> {
  readonly address: string;
}

/** An answer may take long where much else is done; none may come for good. */
async function pingOnce(from: Pod, { address, expected }: Ping) {
  const patience = expected === 'answered' ? ['-w', '10'] : ['-W', '1'];
  const argv = ['ping', '-n', '-c', '1', ...patience, address];
  const { stdout, stderr } = await from.netns.run(argv);
  const summary = stdout.split('\n').find((line) => line.includes('packets transmitted')) ?? stderr;
  return {
    typed: `ip netns exec ${from.netns.name} ${argv.join(' ')}`,
    summary,
    answered: summary.includes(' 1 received'),
  };
}

export async function showPorts(show: Show, node: TestNode): Promise<void> {
  const ports = await node.ovs.ports(node.bridge);
  const columns = '--columns=name,tag,external_ids';
  const output = ports.length === 0 ? '(no ports)' : await node.ovs.vsctl(columns, 'list', 'Port', ...ports);
  show.command(`ovs-vsctl ${columns} list Port  # those of ${node.bridge}`, output);
}

/** Throws if detaching left an interface in a Pod, or a port on the bridge. */
export async function proveDetached(node: TestNode, pods: readonly Pod[]): Promise<void> {
  const ports = await node.ovs.ports(node.bridge);
  if (ports.length > 0) throw new Error(`ports are left on ${node.bridge}: ${ports.join(', ')}`);
  for (const pod of pods) {
    const links = (await pod.netns.links()).map((link) => link.ifname);
    if (links.join(' ') !== 'lo') throw new Error(`interfaces are left in ${pod.netns.name}: ${links.join(', ')}`);
  }
}

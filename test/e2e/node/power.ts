import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { linkThere } from '../../cluster/reach.ts';
import type { Antrea } from './antrea.ts';
import { bootId } from './capsule.ts';
import { nodeReady, type RealNode } from './node.ts';
import { containerdAnswers, importImage } from './runtime.ts';

/** A Node that is switched off: what is on its disk stays, all else is gone. Nobody has been told. */
export async function powerOff(
  { capsule, netns, ovs, kubelet, containerd }: RealNode,
  { agent }: Antrea,
): Promise<void> {
  // All but the first process and the one that asks.
  await capsule.exec('bash', '-c', 'kill -KILL -1');
  for (const daemon of [kubelet, containerd, agent]) await daemon.end('SIGKILL');
  await ovs.vswitchd.kill();
  await ovs.ovsdb.kill();
  await capsule.exec('bash', '-c', forget);
  const links = (await netns.links()).map(({ ifname }) => ifname);
  for (const link of links.filter((name) => name !== 'lo' && name !== linkThere)) {
    // The other end of a pair is gone with the first one.
    await netns.run(['ip', 'link', 'delete', link]);
  }
  writeFileSync(capsule.hostPath(bootId), `${randomUUID()}\n`);
}

/** /run is in memory on a Node, with the network namespaces that are held there. */
const forget = `
set -eu
while read -r _ path _; do
  case $path in
    /run/openvswitch) ;;
    /run/*) umount -l "$path" ;;
  esac
done < <(tac /proc/mounts)
find /run -mindepth 1 -maxdepth 1 ! -name openvswitch -exec rm -rf {} +
`;

/** The bridge's links are made anew by Open vSwitch, or by who asks for them. */
export async function powerOn(node: RealNode, antrea: Antrea): Promise<void> {
  const { capsule, cluster, ovs, kubelet, containerd } = node;
  await ovs.restart();
  containerd.start();
  await containerdAnswers(capsule);
  await importImage(node);
  kubelet.start();
  await antrea.startAgent();
  await nodeReady(cluster, kubelet);
}

/** The container runtime has a new disk: it knows of no sandbox. Only while the Node is off. */
export async function loseContainers({ capsule }: RealNode): Promise<void> {
  await capsule.exec('find', '/var/lib/containerd', '-mindepth', '1', '-delete');
}

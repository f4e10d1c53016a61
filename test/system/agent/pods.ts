import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon } from '../../fixture/daemon.ts';
import { addNetns, type Netns } from '../../fixture/netns.ts';
import { succeeded, type Outcome } from '../../fixture/outcome.ts';
import { createRuntime, makeContainerId, type Attachment, type Runtime } from '../../fixture/runtime.ts';
import { createResources } from '../../fixture/resources.ts';
import { until } from '../../fixture/until.ts';
import { hostInterfaceOf } from '../bed.ts';
import type { AgentBed } from './bed.ts';

/** Pods that the plugin attaches to a bridge of the agent's. */
export interface Pods {
  readonly runtime: Runtime;
  readonly attach: (address: string, network?: object) => Promise<AttachedPod>;
  /**
   * Sends from one Pod to another all the time; what it returns ends that, and gives how many were not answered. Those of
   * the last second do not count: they may be under way.
   */
  readonly stream: (
    from: AttachedPod,
    address: string,
  ) => () => Promise<{ readonly sent: number; readonly lost: number }>;
  readonly stop: () => Promise<void>;
}

export interface AttachedPod extends Netns {
  /** Without its prefix length. */
  readonly address: string;
  readonly hostInterface: string;
  readonly attachment: Attachment;
  readonly del: () => Promise<Outcome>;
}

/** @param more keys of the Node file */
export function podsOf(bed: AgentBed, bridge: string, more: object = {}): Pods {
  const resources = createResources();
  const { node: netns, ovs, dir, dataDir } = bed;
  const nodeFile = join(dir, 'node.json');
  writeFileSync(nodeFile, JSON.stringify({ bridge, ovsdb: ovs.socket, dataDir, store: 'file', ...more }));
  const env = { ANTREA_NODE_CONFIG: nodeFile };
  const runtime = createRuntime({ node: { netns, ovs, bridge, dir, dataDir, nodeFile, env, stop: async () => {} } });
  let streams = 0;
  return {
    runtime,
    async attach(address, network = {}) {
      const pod = await resources.use(addNetns('pod-'));
      const ipam = { type: 'antrea', addresses: [{ address: `${address}/24` }] };
      const config = {
        cniVersion: '1.1.0',
        name: 'vlan',
        type: 'antrea',
        networkType: 'vlan',
        vlan: 100,
        ipam,
        ...network,
      };
      const args = { K8S_POD_NAMESPACE: 'shop', K8S_POD_NAME: `pod-${address}` };
      const attachment = { config, containerId: makeContainerId(), netns: pod.path, ifname: 'net1', args };
      const added = await runtime.add(attachment);
      succeeded(added);
      return { ...pod, address, hostInterface: hostInterfaceOf(added), attachment, del: () => runtime.del(attachment) };
    },
    stream(from, address) {
      streams += 1;
      const outputFile = join(dir, `ping-${streams}.log`);
      const ping = startDaemon({
        argv: ['ping', '-n', '-i', String(1 / perSecond), address],
        prefix: from.prefix,
        outputFile,
      });
      resources.defer(ping.kill);
      return async () => {
        const pid = ping.pid();
        if (pid !== undefined) process.kill(pid, 'SIGINT');
        await until(() => !ping.running(), { what: 'the end of ping' });
        return answersOf(readFileSync(outputFile, 'utf8'));
      };
    },
    stop: resources.release,
  };
}

const perSecond = 50;

function answersOf(output: string): { readonly sent: number; readonly lost: number } {
  const sent = Number(/(\d+) packets transmitted/u.exec(output)?.[1]);
  const answered = new Set([...output.matchAll(/icmp_seq=(\d+) ttl=/gu)].map(([, number]) => Number(number)));
  const due = Math.max(sent - perSecond, ...answered);
  return { sent, lost: due - answered.size };
}

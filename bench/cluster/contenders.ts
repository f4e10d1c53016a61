import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyFile } from '../../test/cluster/deploy.ts';
import { until } from '../../test/fixture/until.ts';
import { burst } from '../burst.ts';
import { antreaExecutable } from '../../test/fixture/runtime.ts';
import { skipOf, type Contender, type Skipped } from '../contenders.ts';
import { throughMultus } from './multus.ts';
import type { ClusterStage } from './stage.ts';

export const own = 'antrea (vlan, cluster store)';
export const peer = 'ovs-cni tuned + whereabouts';
export const multusOwn = 'Multus + antrea (cluster store)';
export const multusPeer = 'Multus + ovs-cni tuned + whereabouts';

/**
 * All that can be measured on this machine, ours first; and what cannot, with the reason.
 * @param byAgent ours by way of an agent
 */
export async function findClusterContenders(
  stage: ClusterStage,
  byAgent: Contender,
): Promise<{ readonly contenders: readonly Contender[]; readonly skipped: readonly Skipped[] }> {
  const peers = process.env['PEERS_DIR'];
  if (peers !== undefined) await applyPeersKinds(stage, peers);
  const plain = [fromPool(stage, 'bench'), ovsCni(stage, peers)];
  const executable = peers === undefined ? 'ovs' : join(peers, 'multus');
  const chains = plain.map((delegate, index) => ({
    ...delegate,
    name: index === 0 ? multusOwn : multusPeer,
    executable,
  }));
  const reasons = [...plain, ...chains].flatMap((one) => skipOf(one, peers));
  const isSkipped = ({ name }: Contender): boolean => reasons.some((one) => one.name === name);
  const made = plain.map(async (delegate, index) => {
    const chain = chains[index];
    if (chain === undefined || isSkipped(chain) || isSkipped(delegate)) return [];
    return throughMultus(stage, { delegate, name: chain.name, executable, network: index === 0 ? 'ours' : 'theirs' });
  });
  const through = (await Promise.all(made)).flat();
  const contenders = [byAgent, ...plain.filter((one) => !isSkipped(one)), ...through];
  for (const one of contenders) await untilItWorks(stage, one);
  return { contenders, skipped: reasons };
}

/** This executable on VLAN 100 with the pool of that name. */
export function fromPool(stage: ClusterStage, pool: string): Contender {
  const ipam = { type: 'antrea', ippools: [pool] };
  const config = { type: 'antrea', networkType: 'vlan', bridge: stage.node.bridge, vlan: 100, ipam };
  return { name: own, executable: antreaExecutable(), config };
}

export function ovsCni(stage: ClusterStage, peers: string | undefined): Contender {
  const configuration = join(stage.node.dir, 'whereabouts.json');
  writeFileSync(configuration, JSON.stringify({ kubernetes: { kubeconfig: stage.adminKubeconfig } }));
  const config = {
    type: 'ovs',
    bridge: stage.node.bridge,
    vlan: 100,
    socket_file: stage.node.ovs.socket,
    link_state_check_interval: 10,
    link_state_check_retries: 500,
    ipam: { type: 'whereabouts', range: '10.90.0.0/16', configuration_path: configuration },
  };
  return { name: peer, executable: peers === undefined ? 'ovs' : join(peers, 'ovs'), config };
}

export async function applyPeersKinds({ cluster }: ClusterStage, peers: string): Promise<void> {
  for (const file of readdirSync(join(peers, 'crds'))) await applyFile(cluster.admin, join(peers, 'crds', file));
  for (const path of whereaboutsKinds) {
    const isServed = async (): Promise<boolean> => (await cluster.admin.get(path)).status === 200;
    await until(isServed, { what: path, timeoutMs: 30_000 });
  }
}

/** The API server takes its time for the first request about a kind; whereabouts hangs if it loses its Lease meanwhile. */
const whereaboutsKinds = ['ippools', 'overlappingrangeipreservations', 'nodeslicepools'].map(
  (kind) => `/apis/whereabouts.cni.cncf.io/v1alpha1/namespaces/kube-system/${kind}`,
);

/** Lets a contender begin with what it makes only once. */
export async function untilItWorks(stage: ClusterStage, contender: Contender): Promise<void> {
  const works = async (): Promise<boolean> => {
    const { add } = await burst({ stage, contender, atOnce: 1 });
    await stage.scrub();
    return add.calls.every(({ code }) => code === 0);
  };
  await until(works, { what: `${contender.name} working`, timeoutMs: 300_000 });
}

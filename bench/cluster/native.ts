import { dirname, join } from 'node:path';
import { applyFile, applyObject } from '../../test/cluster/deploy.ts';
import { antreaExecutable } from '../../test/fixture/runtime.ts';
import { runRounds, type Comparison, type Report } from '../comparison.ts';
import type { Contender } from '../contenders.ts';
import { ratio, none, type Verdict } from '../verdict.ts';
import type { BenchAgent } from './agent.ts';
import { ovsCni, untilItWorks } from './contenders.ts';
import { makePods, multusConfig, podsAttachments } from './multus.ts';
import { countHeldBy, makeClusterPool } from './pools.ts';
import type { Cost } from './process-cost.ts';
import { nodeName, type ClusterStage } from './stage.ts';

export const nativeOwn = 'antrea, networkType secondary: 4 VLAN networks, with the agent';
const nativeAlone = 'the same without an agent';
export const nativePeer = 'Multus + 4 × (ovs-cni tuned + whereabouts)';

/** Pods with four networks, whose plugin is called once by the runtime. */
export interface NativeFindings {
  readonly comparison: Omit<Comparison, 'floors'>;
  /** Of the agent: CPU per Pod, ADD and DEL together. */
  readonly agent: Cost;
  /** Allocations that ours has left when all were detached. */
  readonly left: number;
}

export interface NativeScale {
  readonly rounds: { readonly 1: number; readonly 20: number; readonly 100: number };
}

export interface NativeOptions extends NativeScale {
  /** Ours is measured as it is installed: with it; and without it, too. */
  readonly agent: BenchAgent;
  readonly report: Report;
  /** Folder with the peers' executables; without it, only ours is measured. */
  readonly peers: string | undefined;
}

export async function measureNative(
  stage: ClusterStage,
  { rounds, agent, report, peers }: NativeOptions,
): Promise<NativeFindings> {
  report('Pods with four networks');
  // The peers' kinds have it, too.
  if (peers === undefined) await applyFile(stage.cluster.admin, 'deploy/network-attachment-definitions.yaml');
  const alone = await native(stage);
  const own = [{ ...alone, name: nativeOwn, env: agent.env }, alone];
  const contenders = [...own, ...(peers === undefined ? [] : [await multus(stage, peers)])];
  for (const one of contenders) await untilItWorks(stage, one);
  const before = agent.cost();
  const comparison = await runRounds({ stage, contenders, rounds, report });
  const { cpuMs, residentKb } = agent.cost();
  const pods = rounds[1] + 20 * rounds[20] + 100 * rounds[100];
  const left = await countHeldBy(stage.cluster, nodeName);
  return { comparison, agent: { cpuMs: (cpuMs - before.cpuMs) / pods, residentKb }, left };
}

export function judgeNative({ comparison, left }: NativeFindings): readonly Verdict[] {
  const p50 = (contender: string): number =>
    comparison.rows.find((row) => row.contender === contender && row.verb === 'ADD' && row.atOnce === 1)?.calls.p50 ??
    Number.NaN;
  const own = comparison.rows.filter(({ contender }) => contender !== nativePeer);
  const failures = own.reduce((sum, row) => sum + row.failures, 0);
  return [
    ratio(
      'Pod with four networks, native with the agent / Multus + 4 × (ovs-cni + whereabouts), p50',
      p50(nativeOwn) / p50(nativePeer),
      {
        limit: 0.25,
      },
    ),
    none('own calls that failed, of Pods with four networks', failures),
    none('own allocations left, of Pods with four networks', left),
  ];
}

const networks = [0, 1, 2, 3] as const;

/** The last plugin of the Node's list. What the Pod network's plugin has answered is a loopback's result, as with Multus. */
async function native(stage: ClusterStage): Promise<Contender> {
  for (const index of networks) {
    const name = `native-${index}`;
    await makeClusterPool(stage.cluster, name, 250 + index);
    const ipam = { type: 'antrea', ippools: [name] };
    const config = { type: 'antrea', networkType: 'vlan', bridge: stage.node.bridge, vlan: 200 + index, ipam };
    await makeNetwork(stage, name, config);
  }
  const pods = await makePods(stage, 'native', networks.map((index) => `native-${index}`).join());
  const prevResult = {
    cniVersion: '1.0.0',
    interfaces: [{ name: 'lo', mac: '00:00:00:00:00:00' }],
    ips: [{ address: '127.0.0.1/8', interface: 0 }],
  };
  return {
    name: nativeAlone,
    executable: antreaExecutable(),
    config: { type: 'antrea', networkType: 'secondary', prevResult },
    makeAttachments: podsAttachments(stage, pods),
    silent: true,
  };
}

/** Four ranges, as ours has four pools. */
async function multus(stage: ClusterStage, peers: string): Promise<Contender> {
  const plain = ovsCni(stage, peers);
  for (const index of networks) {
    const ipam = { ...ipamOf(plain), range: `10.${100 + index}.0.0/16` };
    await makeNetwork(stage, `multus-${index}`, { ...plain.config, vlan: 200 + index, ipam });
  }
  const pods = await makePods(stage, 'multus', networks.map((index) => `multus-${index}`).join());
  return {
    name: nativePeer,
    executable: join(peers, 'multus'),
    config: multusConfig(stage, {
      folder: 'multus-four',
      plugins: [plain.executable, join(dirname(plain.executable), 'whereabouts')],
    }),
    makeAttachments: podsAttachments(stage, pods),
    silent: true,
  };
}

function ipamOf({ config }: Contender): object {
  const { ipam } = config;
  return typeof ipam === 'object' && ipam !== null ? ipam : {};
}

async function makeNetwork(stage: ClusterStage, name: string, config: object): Promise<void> {
  await applyObject(stage.cluster.admin, {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace: 'bench' },
    spec: { config: JSON.stringify({ cniVersion: '1.0.0', name, ...config }) },
  });
}

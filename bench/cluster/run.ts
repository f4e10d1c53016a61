import { runRounds, type Report } from '../comparison.ts';
import { describeMachine } from '../findings.ts';
import type { Scale } from '../scale.ts';
import { startBenchAgent, type BenchAgent } from './agent.ts';
import { measureCleanup } from './cleanup.ts';
import { findClusterContenders } from './contenders.ts';
import { startController, untilProjected, type BenchController } from './controller.ts';
import type { ClusterFindings } from './findings.ts';
import { measureClusterFullness } from './fullness.ts';
import { measureCrowd } from './crowd.ts';
import { countHeldBy, makeClusterPool } from './pools.ts';
import { measureNative } from './native.ts';
import { nodeName, setClusterStage, type ClusterStage } from './stage.ts';

/** All that is measured of the cluster store, beside a real API server. */
export async function measureCluster(scale: Scale['cluster'], report: Report): Promise<ClusterFindings> {
  report('a real API server');
  const stage = await setClusterStage(100);
  try {
    return await measure(stage, scale, report);
  } finally {
    await stage.stop();
  }
}

async function measure(stage: ClusterStage, scale: Scale['cluster'], report: Report): Promise<ClusterFindings> {
  await makeClusterPool(stage.cluster, 'bench', 240);
  const machine = await describeMachine();
  const { comparison, skipped, agent, left, native } = await withAgent(stage, async (running) => {
    const compared = await compare(stage, running, { scale, report });
    const remaining = await countHeldBy(stage.cluster, nodeName);
    const peers = process.env['PEERS_DIR'];
    const pods = await measureNative(stage, { rounds: scale.native, agent: running, report, peers });
    return { ...compared, left: remaining, native: pods };
  });
  const { held, dead } = scale.cleanup;
  report(`the controller with ${held} allocations, and clean-up of ${dead}`);
  const cleanup = await measureCleanup(stage, scale.cleanup);
  report(`${scale.crowd.agents} agents that watch`);
  const crowd = await measureCrowd(stage, scale.crowd);
  report(`pools with ${scale.fullness.inUse} addresses in use`);
  const fullness = await withController(stage, (start) => measureClusterFullness(stage, scale.fullness, start));
  const date = new Date().toISOString().slice(0, 10);
  return { date, machine, skipped, comparison, agent, left, native, cleanup, crowd, fullness };
}

async function compare(
  stage: ClusterStage,
  agent: BenchAgent,
  { scale, report }: { readonly scale: Scale['cluster']; readonly report: Report },
): Promise<Pick<ClusterFindings, 'comparison' | 'skipped' | 'agent'>> {
  const { contenders, skipped } = await findClusterContenders(stage, agent.contender);
  for (const { name, reason } of skipped) report(`not measured: ${name}: ${reason}`);
  const before = agent.cost();
  const comparison = await runRounds({ stage, contenders, rounds: scale.rounds, report });
  const after = agent.cost();
  const { rounds } = scale;
  const attachments = rounds[1] + 20 * rounds[20] + 100 * rounds[100];
  const cpuMs = (after.cpuMs - before.cpuMs) / attachments;
  return { comparison, skipped, agent: { cpuMs, residentKb: after.residentKb } };
}

async function withAgent<T>(stage: ClusterStage, work: (agent: BenchAgent) => Promise<T>): Promise<T> {
  const agent = await startBenchAgent(stage);
  try {
    return await work(agent);
  } finally {
    await agent.stop();
  }
}

/** Lets `work` start a controller when it is time. */
async function withController<T>(stage: ClusterStage, work: (start: () => Promise<void>) => Promise<T>): Promise<T> {
  let controller: BenchController | undefined;
  const start = async (): Promise<void> => {
    controller = await startController(stage);
    await untilProjected(stage.cluster, ['empty', 'lowest', 'holes']);
  };
  try {
    return await work(start);
  } finally {
    await controller?.stop();
  }
}

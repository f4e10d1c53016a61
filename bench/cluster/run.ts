import { runRounds, type Report } from '../comparison.ts';
import { describeMachine } from '../findings.ts';
import type { Scale } from '../scale.ts';
import { measureCleanup } from './cleanup.ts';
import { findClusterContenders } from './contenders.ts';
import { startController, untilProjected, type BenchController } from './controller.ts';
import type { ClusterFindings } from './findings.ts';
import { measureClusterFullness } from './fullness.ts';
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
  const { contenders, skipped } = await findClusterContenders(stage);
  for (const { name, reason } of skipped) report(`not measured: ${name}: ${reason}`);
  const machine = await describeMachine();
  const comparison = await runRounds({ stage, contenders, rounds: scale.rounds, report });
  const left = await countHeldBy(stage.cluster, nodeName);
  const native = await measureNative(stage, { rounds: scale.native, report, peers: process.env['PEERS_DIR'] });
  const { held, dead } = scale.cleanup;
  report(`the controller with ${held} allocations, and clean-up of ${dead}`);
  const cleanup = await measureCleanup(stage, scale.cleanup);
  report(`pools with ${scale.fullness.inUse} addresses in use`);
  const fullness = await withController(stage, (start) => measureClusterFullness(stage, scale.fullness, start));
  const date = new Date().toISOString().slice(0, 10);
  return { date, machine, skipped, comparison, left, native, cleanup, fullness };
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

import type { Cluster } from '../../test/cluster/cluster.ts';
import { isObject, numberAt } from '../../test/fixture/json.ts';
import { summarize } from '../statistics.ts';
import { startController, untilProjected } from './controller.ts';
import type { Crowd, CrowdScale, Watched } from './crowd-figures.ts';
import { startCrowd } from './crowd-process.ts';
import { makeClusterPool } from './pools.ts';
import { costOf } from './process-cost.ts';
import type { ClusterStage } from './stage.ts';

/** Agents of many Nodes in one process, each with watches of its own, beside a controller that writes what is free. */
export async function measureCrowd(stage: ClusterStage, scale: CrowdScale): Promise<Crowd> {
  await makeClusterPool(stage.cluster, 'crowded', 246);
  const controller = await startController(stage);
  try {
    await untilProjected(stage.cluster, ['crowded']);
    const alone = await measureWatched(stage.cluster, { ...scale, agents: 1 });
    return { ...scale, alone, crowded: await measureWatched(stage.cluster, scale) };
  } finally {
    await controller.stop();
  }
}

async function measureWatched(cluster: Cluster, { agents, allocations, atOnce }: CrowdScale): Promise<Watched> {
  const pid = cluster.apiserver.pid() ?? 0;
  const begin = performance.now();
  const crowd = await startCrowd(cluster, agents);
  // The agents share one process, which no agent of a Node does: whoever is timed has another one.
  const timed = await startCrowd(cluster, 1);
  try {
    const syncMs = performance.now() - begin;
    const idleCpuMs = await idleCost(pid);
    const before = [costOf(pid), costOf(crowd.pid)];
    await crowd.ask({ allocate: 0 });
    const answer = await timed.ask({ allocate: allocations, atOnce, nodes: agents });
    const { events } = await crowd.ask({ allocate: 0 });
    const after = [costOf(pid), costOf(crowd.pid)];
    const seconds = numberAt(answer, 'seconds') ?? Number.NaN;
    const used = (at: number): number => (after[at]?.cpuMs ?? Number.NaN) - (before[at]?.cpuMs ?? Number.NaN);
    return {
      syncMs,
      allocation: summarize(numbersOf(answer['times'])),
      perSecond: allocations / seconds,
      conflicts: (numberAt(answer, 'conflicts') ?? Number.NaN) / allocations,
      eventsPerAgent: perAgent(events, agents),
      apiServerCpuMs: used(0) / allocations,
      agentCpuMs: used(1) / agents,
      idleCpuMs,
      memoryKb: costOf(pid).residentKb,
    };
  } finally {
    await Promise.all([crowd.stop(), timed.stop()]);
  }
}

function perAgent(events: unknown, agents: number): Watched['eventsPerAgent'] {
  const of = (key: string): number => (isObject(events) ? (numberAt(events, key) ?? Number.NaN) : Number.NaN) / agents;
  return { pools: of('pools'), allocations: of('allocations') };
}

async function idleCost(pid: number): Promise<number> {
  const before = costOf(pid).cpuMs;
  await new Promise((resolve) => {
    setTimeout(resolve, 3000);
  });
  return (costOf(pid).cpuMs - before) / 3;
}

function numbersOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'number') : [];
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Cluster } from '../../test/cluster/cluster.ts';
import { isObject, numberAt, parseJson, type JsonObject } from '../../test/fixture/json.ts';
import { summarize, type Summary } from '../statistics.ts';
import { startController, untilProjected } from './controller.ts';
import { makeClusterPool } from './pools.ts';
import { costOf } from './process-cost.ts';
import type { ClusterStage } from './stage.ts';

export interface CrowdScale {
  /** Nodes whose agents watch. */
  readonly agents: number;
  readonly allocations: number;
  readonly atOnce: number;
}

/** The same allocations while one agent watches, and while all do. */
export interface Crowd extends CrowdScale {
  readonly alone: Watched;
  readonly crowded: Watched;
}

/** Times in ms, sizes in KiB. */
export interface Watched {
  /** Until all agents know pools and their Nodes' addresses. */
  readonly syncMs: number;
  readonly allocation: Summary;
  readonly perSecond: number;
  /** Addresses that another Node had taken first, per allocation. */
  readonly conflicts: number;
  /** Changes that came to one agent in all, while addresses were given and taken back: of pools, and of its Node's addresses. */
  readonly eventsPerAgent: { readonly pools: number; readonly allocations: number };
  /** Of the API server, for an allocation and its release. */
  readonly apiServerCpuMs: number;
  /** Of each agent that only watches, for all of that. */
  readonly agentCpuMs: number;
  /** Of the API server, while nothing happens: ms per second. */
  readonly idleCpuMs: number;
  /** Of the API server. */
  readonly memoryKb: number;
}

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
  const crowd = await startAgents(cluster, agents);
  // The agents share one process, which no agent of a Node does: whoever is timed has another one.
  const timed = await startAgents(cluster, 1);
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

interface Agents {
  readonly pid: number;
  readonly ask: (question: object) => Promise<JsonObject>;
  readonly stop: () => Promise<void>;
}

/** Ready when all have listed what they watch. */
async function startAgents(cluster: Cluster, count: number): Promise<Agents> {
  const kubeconfig = cluster.kubeconfig({ token: cluster.adminToken });
  const argv = [join(import.meta.dirname, 'crowd-agents.ts'), kubeconfig, String(count)];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<JsonObject> => {
    const { value, done } = await lines.next();
    const answer = done === true ? undefined : parseJson(value);
    if (!isObject(answer)) throw new Error('the agents have ended; their message is above');
    return answer;
  };
  await next();
  return {
    pid: child.pid ?? 0,
    ask: async (question) => {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return next();
    },
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function numbersOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'number') : [];
}

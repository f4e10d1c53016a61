import { headOf } from '../markdown.ts';
import type { Fullness } from '../fullness.ts';
import { comparisonTable, listOf, mb, ms, table, verdictTable, type Cell } from '../tables.ts';
import type { Cleanup } from './cleanup.ts';
import type { Crowd, Watched } from './crowd-figures.ts';
import { judgeCluster, type ClusterFindings } from './findings.ts';
import type { ClusterFullness } from './fullness.ts';

/** The tables of a run with the cluster store, for people. */
export function toClusterMarkdown(findings: ClusterFindings): string {
  const { comparison, skipped, agent, native, cleanup, crowd, fullness } = findings;
  const reasons = skipped.map((one) => `${one.name}: ${one.reason}`);
  return [
    headOf(findings),
    '### What must hold of the cluster store',
    verdictTable(judgeCluster(findings)),
    '### Compared with others that allocate through the API server',
    'Milliseconds. Calls: those that succeeded, of all rounds. Total: from the first start to the last end of a round, median.',
    comparisonTable(comparison.rows),
    `The agent, besides what the plugin uses: ${ms(agent.cpuMs)} ms of CPU for an ADD and its DEL, ${mb(agent.residentKb)} MB.`,
    ...(reasons.length === 0 ? [] : [listOf('Not measured', reasons)]),
    ...(comparison.messages.length === 0 ? [] : [listOf('The first failure of each', comparison.messages)]),
    '### Pods with four networks',
    'One call of the runtime for each Pod; its first network is the loopback, which Multus runs and ours is told of. Ours is judged as it is installed: with the agent.',
    comparisonTable(native.comparison.rows),
    `The agent, besides what the plugin uses: ${ms(native.agent.cpuMs)} ms of CPU for an ADD and its DEL, ${mb(native.agent.residentKb)} MB.`,
    ...(native.comparison.messages.length === 0
      ? []
      : [listOf('The first failure of each', native.comparison.messages)]),
    '### The controller',
    cleanupTable(cleanup),
    `### Agents that watch pools and the addresses of their Nodes`,
    `${crowd.allocations} allocations, ${crowd.atOnce} at once, each for the next Node; a controller writes what is free.`,
    crowdTable(crowd),
    `### ADD from a /16 of the cluster with ${fullness.inUse} addresses in use`,
    fullnessTable(fullness),
    '',
  ].join('\n\n');
}

function cleanupTable({ held, dead, readyS, freeingS, memoryKb, peakKb }: Cleanup): string {
  return table(
    ['', ''],
    [
      [`started, and ${held} allocations known`, `${readyS.toFixed(1)} s`],
      [`${dead} addresses of Pods that are gone, freed`, `${freeingS.toFixed(1)} s`],
      [`per second`, (dead / freeingS).toFixed(0)],
      [`resident memory with ${held} allocations`, `${mb(memoryKb)} MB`],
      ['the same, at most', `${mb(peakKb)} MB`],
    ],
  );
}

function crowdTable({ agents, alone, crowded }: Crowd): string {
  const line = (what: string, cell: (watched: Watched) => Cell): Cell[] => [what, cell(alone), cell(crowded)];
  return table(
    ['', 'one agent', `${agents} agents`],
    [
      line('until all know pools and addresses, s', ({ syncMs }) => (syncMs / 1000).toFixed(1)),
      line('an allocation, p50', ({ allocation }) => ms(allocation.p50)),
      line('p95', ({ allocation }) => ms(allocation.p95)),
      line('allocations per second', ({ perSecond }) => perSecond.toFixed(0)),
      line('conflicts per allocation', ({ conflicts }) => conflicts.toFixed(2)),
      line('changes of pools that came to each agent', ({ eventsPerAgent }) => eventsPerAgent.pools.toFixed(1)),
      line('changes of addresses that came to each agent', ({ eventsPerAgent }) =>
        eventsPerAgent.allocations.toFixed(1),
      ),
      line('CPU of each agent for all of these', ({ agentCpuMs }) => ms(agentCpuMs)),
      line('CPU of the API server for an allocation and its release', ({ apiServerCpuMs }) => ms(apiServerCpuMs)),
      line('CPU of the API server per second when nothing happens', ({ idleCpuMs }) => ms(idleCpuMs)),
      line('resident memory of the API server, MB', ({ memoryKb }) => mb(memoryKb)),
    ],
  );
}

function fullnessTable({ alone, withController }: ClusterFullness): string {
  return table(
    ['', '', 'p50', 'p95', 'worst', '× empty'],
    [...fillLines('no controller', alone), ...fillLines('controller running', withController)],
  );
}

function fillLines(situation: string, { add }: Fullness): readonly (readonly Cell[])[] {
  const line = (what: string, key: keyof Fullness['add']): Cell[] => {
    const { p50, p95, worst } = add[key];
    return [situation, what, ms(p50), ms(p95), ms(worst), (p50 / add.empty.p50).toFixed(2)];
  };
  return [line('none in use', 'empty'), line('the lowest in use', 'lowest'), line('as many at random', 'holes')];
}

import { headOf } from '../markdown.ts';
import type { Fullness } from '../fullness.ts';
import { comparisonTable, listOf, mb, ms, table, verdictTable, type Cell } from '../tables.ts';
import type { Cleanup } from './cleanup.ts';
import { judgeCluster, type ClusterFindings } from './findings.ts';
import type { ClusterFullness } from './fullness.ts';

/** The tables of a run with the cluster store, for people. */
export function toClusterMarkdown(findings: ClusterFindings): string {
  const { comparison, skipped, native, cleanup, fullness } = findings;
  const reasons = skipped.map((one) => `${one.name}: ${one.reason}`);
  return [
    headOf(findings),
    '### What must hold of the cluster store',
    verdictTable(judgeCluster(findings)),
    '### Compared with others that allocate through the API server',
    'Milliseconds. Calls: those that succeeded, of all rounds. Total: from the first start to the last end of a round, median.',
    comparisonTable(comparison.rows),
    ...(reasons.length === 0 ? [] : [listOf('Not measured', reasons)]),
    ...(comparison.messages.length === 0 ? [] : [listOf('The first failure of each', comparison.messages)]),
    '### Pods with four networks',
    'One call of the runtime for each Pod; its first network is the loopback, which Multus runs and ours is told of.',
    comparisonTable(native.comparison.rows),
    ...(native.comparison.messages.length === 0
      ? []
      : [listOf('The first failure of each', native.comparison.messages)]),
    '### The controller',
    cleanupTable(cleanup),
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

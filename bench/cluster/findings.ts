import type { Comparison, Row } from '../comparison.ts';
import type { Skipped } from '../contenders.ts';
import type { Machine } from '../findings.ts';
import { none, ratio, size, type Verdict } from '../verdict.ts';
import { byAgent } from './agent.ts';
import type { Cleanup } from './cleanup.ts';
import { own, peer } from './contenders.ts';
import type { Crowd } from './crowd-figures.ts';
import type { ClusterFullness } from './fullness.ts';
import { judgeNative, type NativeFindings } from './native.ts';
import type { Cost } from './process-cost.ts';

/** Everything that a run with the cluster store has found. */
export interface ClusterFindings {
  readonly date: string;
  readonly machine: Machine;
  readonly skipped: readonly Skipped[];
  readonly comparison: Omit<Comparison, 'floors'>;
  /** Of the agent: CPU per attachment, ADD and DEL together. */
  readonly agent: Cost;
  /** Allocations that ours has left when all were detached. */
  readonly left: number;
  readonly native: NativeFindings;
  readonly cleanup: Cleanup;
  readonly crowd: Crowd;
  readonly fullness: ClusterFullness;
}

/** What has to hold of the cluster store. */
export function judgeCluster(findings: ClusterFindings): readonly Verdict[] {
  const { comparison, cleanup, fullness, left } = findings;
  const figure = figuresOf(comparison.rows, own);
  const viaAgent = figuresOf(comparison.rows, byAgent);
  const ours = comparison.rows.filter(({ contender }) => contender === own || contender === byAgent);
  const { alone, withController } = fullness;
  const fill = { limit: 1.5 };
  return [
    ratio('ADD by the agent’s socket, one at a time / ovs-cni + whereabouts', viaAgent('ADD', 1, p50), {
      limit: 0.55,
      aim: 0.45,
    }),
    ratio('100 ADDs at once by the agent’s socket, total / ovs-cni + whereabouts', viaAgent('ADD', 100, total), {
      limit: 0.25,
      aim: 0.18,
    }),
    ratio('ADD, one at a time / ovs-cni + whereabouts', figure('ADD', 1, p50), { limit: 0.75 }),
    ratio('DEL, one at a time / ovs-cni + whereabouts', figure('DEL', 1, p50), { limit: 0.75 }),
    ratio('100 ADDs at once, total / ovs-cni + whereabouts', figure('ADD', 100, total), { limit: 0.35, aim: 0.25 }),
    ratio('100 ADDs at once, p95 / ovs-cni + whereabouts', figure('ADD', 100, p95), { limit: 0.35, aim: 0.25 }),
    ratio('100 DELs at once, total / ovs-cni + whereabouts', figure('DEL', 100, total), { limit: 0.35, aim: 0.25 }),
    ratio('100 DELs at once, p95 / ovs-cni + whereabouts', figure('DEL', 100, p95), { limit: 0.35, aim: 0.25 }),
    none('own calls that failed', sumOf(ours, 'failures') + alone.failures + withController.failures),
    none('own addresses given twice', sumOf(ours, 'duplicates')),
    none('own allocations left', left),
    ...judgeNative(findings.native),
    ratio('ADD, lowest addresses in use / empty pool, no controller', alone.add.lowest.p50 / alone.add.empty.p50, fill),
    ratio('ADD, random holes / empty pool, no controller', alone.add.holes.p50 / alone.add.empty.p50, fill),
    ratio(
      'ADD, lowest addresses in use / empty pool',
      withController.add.lowest.p50 / withController.add.empty.p50,
      fill,
    ),
    ratio('ADD, random holes / empty pool', withController.add.holes.p50 / withController.add.empty.p50, fill),
    size(`controller with ${cleanup.held} allocations, resident`, cleanup.peakKb, 300),
  ];
}

/** Ours as a share of the peer's: of the same figure of the same verb, so many at once. */
function figuresOf(rows: readonly Row[], ours: string): (verb: Row['verb'], atOnce: number, figure: Figure) => number {
  return (verb, atOnce, figure) => {
    const of = (contender: string): number => {
      const row = rows.find((one) => one.contender === contender && one.verb === verb && one.atOnce === atOnce);
      return row === undefined ? Number.NaN : figure(row);
    };
    return of(ours) / of(peer);
  };
}

function sumOf(rows: readonly Row[], key: 'failures' | 'duplicates'): number {
  return rows.reduce((sum, row) => sum + row[key], 0);
}

type Figure = (row: Row) => number;
const p50: Figure = ({ calls }) => calls.p50;
const p95: Figure = ({ calls }) => calls.p95;
const total: Figure = ({ total: wall }) => wall.p50;

import type { CleanupScale } from './cluster/cleanup.ts';
import type { CrowdScale } from './cluster/crowd-figures.ts';
import type { FillScale } from './cluster/fullness.ts';
import type { KubeletScale } from './kubelet/run.ts';

/** How much is measured. */
export interface Scale {
  readonly quick: boolean;
  /** Rounds of each contender with so many at once. */
  readonly rounds: { readonly 1: number; readonly 20: number; readonly 100: number };
  /** Rounds in which memory is watched. */
  readonly memoryRounds: number;
  /** So many ADDs and as many DELs. */
  readonly storm: { readonly count: number; readonly atOnce: number };
  /** Rounds for each fill of a pool. */
  readonly fullnessRounds: number;
  /** How many addresses of a /16 (65,534) are in use in a full pool. */
  readonly inUse: number;
  /** With the store in a cluster. */
  readonly cluster: {
    readonly rounds: Scale['rounds'];
    /** Of Pods with four networks. */
    readonly native: Scale['rounds'];
    readonly fullness: FillScale;
    readonly cleanup: CleanupScale;
    readonly crowd: CrowdScale;
  };
  /** With a real kubelet. */
  readonly kubelet: KubeletScale;
}

/** What the published figures are measured with; docs/development.md says how long that takes. */
export const full: Scale = {
  quick: false,
  rounds: { 1: 60, 20: 10, 100: 7 },
  memoryRounds: 7,
  storm: { count: 1000, atOnce: 100 },
  fullnessRounds: 40,
  inUse: 60_000,
  cluster: {
    rounds: { 1: 40, 20: 4, 100: 3 },
    native: { 1: 20, 20: 3, 100: 0 },
    fullness: { inUse: 60_000, rounds: 30 },
    cleanup: { held: 50_000, dead: 10_000 },
    crowd: { agents: 500, allocations: 3000, atOnce: 20 },
  },
  kubelet: { rounds: 5, pods: 100, settled: true },
};

/** Shows that everything runs; its figures are coarse. */
export const quick: Scale = {
  quick: true,
  rounds: { 1: 8, 20: 1, 100: 1 },
  memoryRounds: 2,
  storm: { count: 200, atOnce: 100 },
  fullnessRounds: 6,
  inUse: 60_000,
  cluster: {
    rounds: { 1: 6, 20: 1, 100: 1 },
    native: { 1: 6, 20: 1, 100: 0 },
    fullness: { inUse: 60_000, rounds: 6 },
    cleanup: { held: 5000, dead: 1000 },
    crowd: { agents: 100, allocations: 500, atOnce: 20 },
  },
  kubelet: { rounds: 1, pods: 30, settled: false },
};

import { poolIntervals } from '../../ipam/allocatable.ts';
import type { Interval } from '../../ipam/interval.ts';
import { subtractAll, type Search } from '../../ipam/kubernetes/candidates.ts';
import type { Pool } from '../../ipam/pool.ts';
import { monotonicNow } from '../../system/time.ts';

/** Lets those who ask for addresses of a pool at the same time on this Node try different ones. */
export interface Choice {
  /** Where to look in a pool: not where somebody of this Node is at work, nor where others were seen to be. */
  readonly where: (pool: Pool, free: readonly Interval[]) => Where;
  /** Somebody is about to try this address; what it returns ends that. */
  readonly offered: (pool: Pool, address: bigint) => () => void;
  /** It is held now: by one of this Node, whom the watch will tell of, or by somebody else. */
  readonly held: (pool: Pool, address: bigint, by: 'us' | 'others') => void;
}

export type Where = Required<Pick<Search, 'free' | 'likely' | 'lowestFirst'>>;

/** Milliseconds until the watch, or the controller's list of what is free, tells of an address that was taken. */
const lag = 5000;
/** Milliseconds for which all the Nodes go different ways, after two of them have met. */
const rush = 2000;

interface Trials {
  /** How many of this Node try each address now. */
  readonly offered: Map<bigint, number>;
  /** Until when each address counts as taken. */
  readonly held: Map<bigint, number>;
  /** Until when others take from this pool, too. */
  rushedUntil: number;
}

/** @param heldHere as View.heldHere @param now milliseconds */
export function createChoice(heldHere: (pool: string) => Iterable<bigint>, now: () => number = monotonicNow): Choice {
  // By UID: another pool of the same name is another pool.
  const pools = new Map<string, Trials>();
  const trialsOf = ({ uid }: Pool): Trials => {
    const trials = pools.get(uid) ?? { offered: new Map(), held: new Map(), rushedUntil: 0 };
    pools.set(uid, trials);
    return trials;
  };
  const intervalsOf = knownIntervals();
  const forgetIfIdle = ({ uid }: Pool, { offered, held }: Trials): void => {
    if (offered.size + held.size === 0) pools.delete(uid);
  };
  return {
    where: (pool, free) => {
      const trials = trialsOf(pool);
      for (const [address, until] of trials.held) if (until <= now()) trials.held.delete(address);
      const taken = [...trials.offered.keys(), ...trials.held.keys(), ...heldHere(pool.name)];
      const lowestFirst = trials.rushedUntil <= now();
      forgetIfIdle(pool, trials);
      return { free: subtractAll(free, taken), likely: () => subtractAll(intervalsOf(pool), taken), lowestFirst };
    },
    offered: (pool, address) => {
      const trials = trialsOf(pool);
      add(trials.offered, address, 1);
      return () => {
        add(trials.offered, address, -1);
        forgetIfIdle(pool, trials);
      };
    },
    held: (pool, address, by) => {
      const trials = trialsOf(pool);
      trials.held.set(address, now() + lag);
      if (by === 'others') trials.rushedUntil = now() + rush;
    },
  };
}

/** A pool is one object as long as the watch tells of no change. */
function knownIntervals(): (pool: Pool) => readonly Interval[] {
  const intervals = new WeakMap<Pool, readonly Interval[]>();
  return (pool) => {
    const known = intervals.get(pool) ?? poolIntervals(pool);
    intervals.set(pool, known);
    return known;
  };
}

function add(counts: Map<bigint, number>, address: bigint, change: number): void {
  const count = (counts.get(address) ?? 0) + change;
  if (count > 0) counts.set(address, count);
  else counts.delete(address);
}

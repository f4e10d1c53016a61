import { burst } from './burst.ts';
import { antreaWith } from './contenders.ts';
import { fillPool, makePool } from './pools.ts';
import type { Scale } from './scale.ts';
import type { Stage } from './stage.ts';
import { rotated, summarize, type Summary } from './statistics.ts';

export type Fill = 'empty' | 'lowest' | 'holes';

export interface Fullness {
  readonly inUse: number;
  /** ADD, one at a time, in ms. */
  readonly add: Readonly<Record<Fill, Summary>>;
  readonly failures: number;
}

/** ADD from an empty /16, one whose lowest addresses are in use, and one with as many in use at random; in turn. */
export async function measureFullness(stage: Stage, scale: Scale): Promise<Fullness> {
  const pools = [
    { fill: 'empty', second: 241, hosts: [] },
    { fill: 'lowest', second: 242, hosts: allHosts().slice(0, scale.inUse) },
    { fill: 'holes', second: 243, hosts: shuffled(allHosts()).slice(0, scale.inUse) },
  ] as const;
  for (const { fill, second, hosts } of pools) {
    await makePool(stage, fill, second);
    fillPool(stage, { pool: fill, second, hosts });
  }
  const times: Record<Fill, number[]> = { empty: [], lowest: [], holes: [] };
  let failures = 0;
  for (let round = 0; round < scale.fullnessRounds; round++) {
    for (const { fill } of rotated(pools, round)) {
      const one = await burst({ stage, contender: antreaWith(stage, fill), atOnce: 1 });
      times[fill].push(...one.add.calls.filter((call) => call.code === 0).map((call) => call.ms));
      failures += one.failures.add.length + one.failures.del.length;
    }
  }
  const add = { empty: summarize(times.empty), lowest: summarize(times.lowest), holes: summarize(times.holes) };
  return { inUse: scale.inUse, add, failures };
}

/** The host parts of a /16 that a Pod can get: neither network (0), gateway (1) nor broadcast. */
export function allHosts(): readonly number[] {
  return Array.from({ length: 65_533 }, (_, index) => index + 2);
}

/** In an order that looks random and is the same in each run (xorshift32 as sort keys). */
export function shuffled(values: readonly number[]): readonly number[] {
  let state = 2_463_534_242;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
  return values
    .map((value) => ({ value, key: next() }))
    .toSorted((one, other) => one.key - other.key)
    .map(({ value }) => value);
}

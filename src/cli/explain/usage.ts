import { inRanges, poolIntervals, poolTotal } from '../../ipam/allocatable.ts';
import { intervalContains } from '../../ipam/interval.ts';
import type { Pool } from '../../ipam/pool.ts';
import type { Holding } from './holdings.ts';

export interface Usage {
  readonly total: bigint;
  /** Of these: what is held of others takes nothing from anybody. */
  readonly used: bigint;
  /** Held, in a range, and not of these: above all what `excludes` names that came later. */
  readonly reserved: readonly Holding[];
  /** Held, and in no range. */
  readonly outside: readonly Holding[];
}

/** @param holdings of the pool */
export function usageOf(pool: Pool, holdings: readonly Holding[]): Usage {
  const intervals = poolIntervals(pool);
  const outside = holdings.filter(({ allocation }) => !inRanges(pool, allocation.address));
  const inside = holdings.filter(({ allocation }) => inRanges(pool, allocation.address));
  const reserved = inside.filter(
    ({ allocation }) => !intervals.some((interval) => intervalContains(interval, allocation.address.value)),
  );
  return { total: poolTotal(pool), used: BigInt(inside.length - reserved.length), reserved, outside };
}

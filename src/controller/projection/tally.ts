import { formatAddress, type Address } from '../../ipam/address.ts';
import { inRanges, poolIntervals } from '../../ipam/allocatable.ts';
import { byFirst, intervalContains, sizeOf, type Interval } from '../../ipam/interval.ts';
import type { Pool } from '../../ipam/pool.ts';
import { createHeldIntervals, type HeldIntervals } from './held-intervals.ts';

/** What is held of one pool, kept up change by change. */
export interface Tally {
  readonly pool: Pool;
  readonly add: (address: Address) => void;
  readonly remove: (address: Address) => void;
  readonly figures: () => Figures;
  /** The lowest of the addresses that are held. */
  readonly lowestHeld: (count: number) => readonly Address[];
}

export interface Figures {
  /** Addresses that are held, wherever they lie. */
  readonly used: number;
  /** Addresses that Pods can have. */
  readonly total: bigint;
  /** Of these, those that nobody holds. */
  readonly free: bigint;
  /** The lowest ranges of them. */
  readonly lowestFree: readonly Interval[];
  /** How many of the held ones lie in no range of the pool, and the lowest of them. */
  readonly outside: { readonly count: number; readonly lowest: readonly Address[] };
}

/** How many ranges `status.free` has at most: more would only make each ADD read more. */
const maxFree = 32;
const maxOutside = 3;

export function createTally(pool: Pool): Tally {
  const allocatable = poolIntervals(pool).toSorted(byFirst);
  const total = sizeOf(allocatable);
  const held = createHeldIntervals();
  const outside = new Map<string, Address>();
  let used = 0;
  let inside = 0n;
  const count = (address: Address, sign: 1 | -1): void => {
    used += sign;
    if (allocatable.some((interval) => isIn(pool, interval, address))) inside += BigInt(sign);
    else if (!inRanges(pool, address)) change(outside, address, sign);
  };
  return {
    pool,
    add(address) {
      count(address, 1);
      if (address.family === pool.family) held.add(address.value);
    },
    remove(address) {
      count(address, -1);
      if (address.family === pool.family) held.remove(address.value);
    },
    figures: () => ({
      used,
      total,
      free: total - inside,
      lowestFree: lowestGaps(allocatable, held),
      outside: { count: outside.size, lowest: lowestOf(outside) },
    }),
    lowestHeld: (limit) => lowestHeld({ pool, held, limit }),
  };
}

function isIn(pool: Pool, interval: Interval, address: Address): boolean {
  return address.family === pool.family && intervalContains(interval, address.value);
}

function change(set: Map<string, Address>, address: Address, sign: 1 | -1): void {
  if (sign === 1) set.set(formatAddress(address), address);
  else set.delete(formatAddress(address));
}

/** Looks at no more than what it finds, and one interval that is held for each. */
function lowestGaps(allocatable: readonly Interval[], held: HeldIntervals): readonly Interval[] {
  const gaps: Interval[] = [];
  for (const interval of allocatable) {
    for (const gap of gapsIn(interval, held)) {
      gaps.push(gap);
      if (gaps.length === maxFree) return gaps;
    }
  }
  return gaps;
}

function* gapsIn({ first, last }: Interval, held: HeldIntervals): Generator<Interval, void> {
  let next = first;
  for (const hole of held.from(first)) {
    if (hole.first > last) break;
    if (hole.first > next) yield { first: next, last: hole.first - 1n };
    next = hole.last + 1n;
  }
  if (next <= last) yield { first: next, last };
}

function lowestHeld({
  pool,
  held,
  limit,
}: {
  readonly pool: Pool;
  readonly held: HeldIntervals;
  readonly limit: number;
}): readonly Address[] {
  const addresses: Address[] = [];
  for (const { first, last } of held.from(0n)) {
    for (let value = first; value <= last; value++) {
      if (addresses.length === limit) return addresses;
      addresses.push({ family: pool.family, value });
    }
  }
  return addresses;
}

function lowestOf(outside: ReadonlyMap<string, Address>): readonly Address[] {
  const values = [...outside.values()].toSorted((a, b) => (a.value < b.value ? -1 : 1));
  return values.slice(0, maxOutside);
}

import { Failure } from '../../system/failure.ts';
import type { Address } from '../address.ts';
import { poolIntervals } from '../allocatable.ts';
import { byFirst, sizeOf, subtract, type Interval } from '../interval.ts';
import type { Pool } from '../pool.ts';
import { randomIn } from './chance.ts';

export interface Search {
  readonly pool: Pool;
  /** Lowest first; may be wrong, and empty. */
  readonly free: readonly Interval[];
  /** Where guesses beyond `free` are made; by default the whole pool. */
  readonly likely?: () => readonly Interval[];
  /** Whether the lowest of `free` is guessed first, by default; it is everybody's first guess. */
  readonly lowestFirst?: boolean;
  /** Whether the address that was offered last was tried, not passed over: then somebody else holds it. */
  readonly wasTried: (address: Address) => boolean;
  /** Those of the addresses that nobody seemed to hold a moment ago, in their order; all are looked for at once. */
  readonly withoutHolder: (addresses: readonly Address[]) => Promise<readonly Address[]>;
  /** Every address of the pool that is held, in one consistent LIST. */
  readonly listHeld: () => Promise<readonly bigint[]>;
  /** 0 to 1. */
  readonly chance: () => number;
}

/** Guesses that somebody else may hold before all that are held are listed. */
const maxGuesses = 64;
/**
 * How many are looked for at once, after the first guess, which is tried unseen. In a pool with room the second one is
 * good; in one with 9 of 100 free, two thirds are done after the second look (docs/adr/0007-api-client.md).
 */
const looks = [7, 16, maxGuesses];
/** How many of them within the free ranges that the controller names: of many Nodes at once, all try these. */
const maxWithinFree = 16;
const maxLists = 8;
const offersPerList = 16;

/**
 * Addresses to try, at a cost that grows neither with the pool nor with the holes in it: the lowest of the free ranges,
 * then by chance within them, then by chance in the pool. From the second guess on, several are looked for at once, and
 * only those that nobody seems to hold are offered: to look costs less than to try. Only when all of these are held
 * does it list them.
 * @throws Failure `unavailable` when others were faster each time
 */
export async function* searchFree(search: Search): AsyncGenerator<Address, void> {
  const more = guesses(search);
  yield* take(more, 1);
  for (const count of looks) {
    const together = take(more, count);
    if (together.length === 0) break;
    yield* await search.withoutHolder(together);
  }
  yield* verified(search);
}

function take(from: Iterator<Address, void>, count: number): readonly Address[] {
  const taken: Address[] = [];
  while (taken.length < count) {
    const { value } = from.next();
    if (value === undefined) break;
    taken.push(value);
  }
  return taken;
}

function* guesses(search: Search): Generator<Address, void> {
  const { family } = search.pool;
  for (const value of guessedValues(search)) yield { family, value };
}

function* guessedValues(search: Search): Generator<bigint, void> {
  const { pool, free, chance, likely = () => poolIntervals(pool), lowestFirst = true } = search;
  const tried = new Set<bigint>();
  const [lowest] = free;
  if (lowest !== undefined && lowestFirst) yield* once(lowest.first, tried);
  yield* randomly(free, { tried, chance, until: maxWithinFree });
  if (tried.size < maxGuesses) yield* randomly(likely(), { tried, chance, until: maxGuesses });
}

/** Up to `until` numbers that were not tried yet. */
function* randomly(
  intervals: readonly Interval[],
  options: { readonly tried: Set<bigint>; readonly chance: () => number; readonly until: number },
): Generator<bigint, void> {
  const { tried, chance, until } = options;
  let rest = intervals;
  while (tried.size < until) {
    rest = subtractAll(rest, tried);
    if (rest.length === 0) return;
    yield* once(randomIn(rest, chance), tried);
  }
}

function* once(value: bigint, tried: Set<bigint>): Generator<bigint, void> {
  tried.add(value);
  yield value;
}

/** Ends when nothing is free but what the caller has passed over. */
async function* verified({ pool, wasTried, listHeld, chance }: Search): AsyncGenerator<Address, void> {
  const { family } = pool;
  const intervals = poolIntervals(pool);
  if (sizeOf(intervals) === 0n) return;
  const passedOver = new Set<bigint>();
  for (let round = 0; round < maxLists; round++) {
    const free = subtractAll(intervals, [...(await listHeld()), ...passedOver]);
    if (free.length === 0) return;
    for (const value of randomly(free, { tried: new Set(), chance, until: offersPerList })) {
      yield { family, value };
      if (!wasTried({ family, value })) passedOver.add(value);
    }
  }
  throw new Failure(
    'unavailable',
    `pool ${pool.name} has free addresses, but others were faster each time: try again later`,
  );
}

export function subtractAll(intervals: readonly Interval[], values: Iterable<bigint>): readonly Interval[] {
  if (intervals.length === 0) return intervals;
  const holes = Array.from(values, (value) => ({ first: value, last: value })).toSorted(byFirst);
  return intervals.flatMap((interval) => subtract(interval, holes));
}

import type { JsonObject } from '../../system/json-object.ts';
import { poolIntervals } from '../allocatable.ts';
import { byFirst, type Interval } from '../interval.ts';
import { fieldOf, isAbsent, itemsOf } from '../manifest.ts';
import type { Pool } from '../pool.ts';
import { readExclude } from '../range.ts';

/** More than the controller ever writes. */
const maxRanges = 256;

/**
 * The lowest free ranges of a pool, as the controller saw them up to a second ago, or never: a hint. Whatever is not
 * written as expected, or lies outside of the pool, is passed over.
 */
export function readFreeRanges(object: JsonObject, pool: Pool): readonly Interval[] {
  const usable = poolIntervals(pool);
  return hintsIn(object)
    .flatMap((hint) => usable.flatMap((interval) => common(hint, interval)))
    .toSorted(byFirst);
}

function hintsIn(object: JsonObject): readonly Interval[] {
  try {
    const status = fieldOf({ path: '', value: object }, 'status');
    const free = isAbsent(status) ? status : fieldOf(status, 'free');
    return isAbsent(free) ? [] : itemsOf(free, maxRanges).map(readExclude);
  } catch {
    return [];
  }
}

function common(a: Interval, b: Interval): readonly Interval[] {
  const first = a.first > b.first ? a.first : b.first;
  const last = a.last < b.last ? a.last : b.last;
  return first > last ? [] : [{ first, last }];
}

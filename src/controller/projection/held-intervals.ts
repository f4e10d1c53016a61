import type { Interval } from '../../ipam/interval.ts';

/** A set of numbers as the intervals that they form. One number more or less costs no look at the others. */
export interface HeldIntervals {
  /** Of a number that is in it already, nothing comes. */
  readonly add: (value: bigint) => void;
  readonly remove: (value: bigint) => void;
  /** Lowest first; the first one ends at `start` or later. Not to be changed meanwhile. */
  readonly from: (start: bigint) => Generator<Interval, void>;
}

/** Two lists in ascending order: between any two intervals lies a number that is not in the set. */
interface Bounds {
  readonly firsts: bigint[];
  readonly lasts: bigint[];
}

export function createHeldIntervals(): HeldIntervals {
  const bounds: Bounds = { firsts: [], lasts: [] };
  return {
    add: (value) => add(bounds, value),
    remove: (value) => remove(bounds, value),
    *from(start) {
      for (let index = indexAtOrAfter(bounds, start); ; index++) {
        const first = bounds.firsts[index];
        const last = bounds.lasts[index];
        if (first === undefined || last === undefined) return;
        yield { first, last };
      }
    },
  };
}

function add({ firsts, lasts }: Bounds, value: bigint): void {
  const index = indexAtOrAfter({ firsts, lasts }, value);
  const next = firsts[index];
  if (next !== undefined && next <= value) return;
  const joinsBefore = index > 0 && lasts[index - 1] === value - 1n;
  const joinsNext = next === value + 1n;
  if (joinsBefore && joinsNext) {
    lasts.splice(index - 1, 1);
    firsts.splice(index, 1);
  } else if (joinsBefore) lasts[index - 1] = value;
  else if (joinsNext) firsts[index] = value;
  else {
    firsts.splice(index, 0, value);
    lasts.splice(index, 0, value);
  }
}

function remove({ firsts, lasts }: Bounds, value: bigint): void {
  const index = indexAtOrAfter({ firsts, lasts }, value);
  const first = firsts[index];
  const last = lasts[index];
  if (first === undefined || last === undefined || first > value) return;
  if (first === last) {
    firsts.splice(index, 1);
    lasts.splice(index, 1);
  } else if (first === value) firsts[index] = value + 1n;
  else if (last === value) lasts[index] = value - 1n;
  else {
    firsts.splice(index + 1, 0, value + 1n);
    lasts.splice(index, 0, value - 1n);
  }
}

/** Of the first interval that ends at `value` or later. */
function indexAtOrAfter({ lasts }: Bounds, value: bigint): number {
  let low = 0;
  let high = lasts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const last = lasts[middle];
    if (last !== undefined && last < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

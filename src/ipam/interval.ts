/** Whole numbers from `first` to `last`, both included. */
export interface Interval {
  readonly first: bigint;
  readonly last: bigint;
}

/** What is left of `interval`, lowest first. `holes` are sorted by `first`; they may overlap each other. */
export function subtract(interval: Interval, holes: readonly Interval[]): Interval[] {
  const rest: Interval[] = [];
  let first = interval.first;
  for (const hole of holes) {
    if (hole.first > interval.last || first > interval.last) break;
    if (hole.last < first) continue;
    if (hole.first > first) rest.push({ first, last: hole.first - 1n });
    first = hole.last + 1n;
  }
  if (first <= interval.last) rest.push({ first, last: interval.last });
  return rest;
}

export function intersects(a: Interval, b: Interval): boolean {
  return a.first <= b.last && b.first <= a.last;
}

export function intervalContains(interval: Interval, value: bigint): boolean {
  return interval.first <= value && value <= interval.last;
}

export function sizeOf(intervals: readonly Interval[]): bigint {
  return intervals.reduce((sum, { first, last }) => sum + (last - first + 1n), 0n);
}

/** For `Array.prototype.toSorted`. */
export function byFirst(a: Interval, b: Interval): number {
  if (a.first === b.first) return 0;
  return a.first < b.first ? -1 : 1;
}

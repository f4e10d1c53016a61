/** What is said about a set of measurements. NaN throughout when there are none. */
export interface Summary {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly worst: number;
  readonly mean: number;
}

export function summarize(values: readonly number[]): Summary {
  return {
    count: values.length,
    p50: percentile(values, 50),
    p95: percentile(values, 95),
    worst: percentile(values, 100),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
  };
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** By the nearest rank: always a value that was measured. NaN for no values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** What occurred before in the list: a value that is there three times is given twice. */
export function repeated(values: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return values.filter((value) => seen.size === seen.add(value).size);
}

/** The same members, each round beginning with another one: nobody always runs after the same neighbour's leftovers. */
export function rotated<T>(members: readonly T[], round: number): readonly T[] {
  if (members.length === 0) return members;
  const first = round % members.length;
  return [...members.slice(first), ...members.slice(0, first)];
}

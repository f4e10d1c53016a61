import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Interval } from '../../../src/ipam/interval.ts';
import { createHeldIntervals } from '../../../src/controller/projection/held-intervals.ts';

const change = fc.record({ isAdded: fc.boolean(), value: fc.bigInt({ min: 0n, max: 24n }) });

describe('held intervals', () => {
  it('are those of the numbers that were added and not removed again, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
        const held = createHeldIntervals();
        const naive = new Set<bigint>();
        for (const { isAdded, value } of changes) {
          if (isAdded) held.add(value);
          else held.remove(value);
          if (isAdded) naive.add(value);
          else naive.delete(value);
          expect([...held.from(0n)]).toEqual(intervalsOf(naive));
        }
      }),
    );
  });

  it('begin with the one that ends at the start or later', () => {
    const held = createHeldIntervals();
    for (const value of [1n, 2n, 3n, 7n, 9n, 10n]) held.add(value);
    expect([...held.from(3n)]).toEqual([
      { first: 1n, last: 3n },
      { first: 7n, last: 7n },
      { first: 9n, last: 10n },
    ]);
    expect([...held.from(8n)]).toEqual([{ first: 9n, last: 10n }]);
    expect([...held.from(11n)]).toEqual([]);
  });
});

function intervalsOf(values: ReadonlySet<bigint>): readonly Interval[] {
  const intervals: Interval[] = [];
  for (const value of [...values].toSorted((a, b) => (a < b ? -1 : 1))) {
    const previous = intervals.at(-1);
    if (previous?.last === value - 1n) intervals[intervals.length - 1] = { ...previous, last: value };
    else intervals.push({ first: value, last: value });
  }
  return intervals;
}

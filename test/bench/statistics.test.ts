import { describe, expect, it } from 'vitest';
import { percentile, repeated, rotated, summarize } from '../../bench/statistics.ts';

describe('percentile, by the nearest rank', () => {
  it.each([
    { values: [5], percent: 50, expected: 5 },
    { values: [3, 1, 2], percent: 50, expected: 2 },
    { values: [4, 1, 3, 2], percent: 50, expected: 2 },
    { values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], percent: 95, expected: 10 },
    { values: [10, 9, 2], percent: 100, expected: 10 },
    { values: [10, 9, 2], percent: 0, expected: 2 },
    { values: [], percent: 50, expected: Number.NaN },
  ])('of $values at $percent % is $expected', ({ values, percent, expected }) => {
    expect(percentile(values, percent)).toBe(expected);
  });
});

it('a summary names count, median, worst and mean', () => {
  expect(summarize([1, 2, 6])).toEqual({ count: 3, p50: 2, p95: 6, worst: 6, mean: 3 });
});

it.each([
  { values: ['a', 'b'], expected: [] },
  { values: ['a', 'b', 'a'], expected: ['a'] },
  { values: ['a', 'a', 'a'], expected: ['a', 'a'] },
])('of $values are repeated: $expected', ({ values, expected }) => {
  expect(repeated(values)).toEqual(expected);
});

it.each([
  { round: 0, expected: ['a', 'b', 'c'] },
  { round: 1, expected: ['b', 'c', 'a'] },
  { round: 3, expected: ['a', 'b', 'c'] },
])('round $round goes $expected', ({ round, expected }) => {
  expect(rotated(['a', 'b', 'c'], round)).toEqual(expected);
});

it('nobody takes part in an empty round', () => {
  expect(rotated([], 3)).toEqual([]);
});

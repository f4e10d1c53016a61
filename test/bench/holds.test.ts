import { expect, it } from 'vitest';
import { heldTwice } from '../../bench/holds.ts';

it.each([
  { what: 'nobody', holds: [], expected: [] },
  { what: 'one after the other', holds: [hold('a', 0, 5), hold('a', 5, 9)], expected: [] },
  { what: 'at the same time, but different addresses', holds: [hold('a', 0, 5), hold('b', 1, 4)], expected: [] },
  { what: 'at the same time', holds: [hold('a', 4, 9), hold('a', 0, 5)], expected: ['a'] },
  {
    what: 'a short one within a long one',
    holds: [hold('a', 0, 9), hold('a', 1, 2), hold('a', 5, 6)],
    expected: ['a', 'a'],
  },
  { what: 'one who never let go', holds: [hold('a', 0, Number.POSITIVE_INFINITY), hold('a', 7, 8)], expected: ['a'] },
])('held twice by $what: $expected', ({ holds, expected }) => {
  expect(heldTwice(holds)).toEqual(expected);
});

function hold(address: string, from: number, until: number): { address: string; from: number; until: number } {
  return { address, from, until };
}

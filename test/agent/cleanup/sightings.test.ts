import { describe, expect, it } from 'vitest';
import { createSightings, type Sightings } from '../../../src/agent/cleanup/sightings.ts';
import type { Verdict } from '../../../src/agent/cleanup/verdict.ts';

const patience = { soon: 100, late: 500 };

function looks(sightings: Sightings, ...seen: readonly (readonly [number, Verdict])[]): readonly boolean[] {
  return seen.map(([now, verdict]) => sightings.look(new Map([['c1', verdict]]), now).includes('c1'));
}

describe('when a sandbox is cleaned up', () => {
  it.each([
    ['not at the first sight, however late', [[9999, 'soon']], [false]],
    [
      'not before its time',
      [
        [0, 'soon'],
        [99, 'soon'],
      ],
      [false, false],
    ],
    [
      'at the second sight, after its time',
      [
        [0, 'soon'],
        [100, 'soon'],
      ],
      [false, true],
    ],
    [
      'after the longer time',
      [
        [0, 'late'],
        [499, 'late'],
        [500, 'late'],
      ],
      [false, false, true],
    ],
    [
      'not when it was seen alive meanwhile',
      [
        [0, 'soon'],
        [50, 'alive'],
        [100, 'soon'],
        [199, 'soon'],
      ],
      [false, false, false, false],
    ],
    [
      'sooner when it turns out to be over',
      [
        [0, 'late'],
        [100, 'late'],
        [101, 'soon'],
      ],
      [false, false, true],
    ],
  ] as const)('%s', (_, seen, expected) => {
    expect(looks(createSightings(patience), ...seen)).toEqual(expected);
  });

  it('only at the second sight, even if no time had to pass', () => {
    expect(looks(createSightings({ soon: 0, late: 0 }), [5, 'soon'], [5, 'soon'])).toEqual([false, true]);
  });

  it('not when there was nothing of it meanwhile', () => {
    const sightings = createSightings(patience);
    looks(sightings, [0, 'soon']);
    sightings.look(new Map(), 50);
    expect(looks(sightings, [100, 'soon'])).toEqual([false]);
  });

  it('later and later when it fails, and at most every five minutes', () => {
    const sightings = createSightings(patience);
    looks(sightings, [0, 'soon'], [100, 'soon']);
    sightings.failed('c1', 100);
    expect(looks(sightings, [5099, 'soon'], [5100, 'soon'])).toEqual([false, true]);
    sightings.failed('c1', 5100);
    expect(looks(sightings, [15_099, 'soon'], [15_100, 'soon'])).toEqual([false, true]);
    for (let failure = 0; failure < 20; failure++) sightings.failed('c1', 20_000);
    expect(looks(sightings, [319_999, 'soon'], [320_000, 'soon'])).toEqual([false, true]);
    expect([sightings.waiting(), sightings.failing()]).toEqual([1, 1]);
  });

  it('only after its time once more when something is left after all', () => {
    const sightings = createSightings(patience);
    looks(sightings, [0, 'soon'], [100, 'soon']);
    sightings.done('c1');
    expect(looks(sightings, [101, 'soon'], [200, 'soon'], [201, 'soon'])).toEqual([false, false, true]);
  });
});

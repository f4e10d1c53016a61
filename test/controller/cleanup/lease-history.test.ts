import { describe, expect, it } from 'vitest';
import { observe, stateOf, type LeaseHistory, type LeaseState } from '../../../src/controller/cleanup/lease-history.ts';

/** When the controller looked, in seconds, and the `renewTime` that it saw; undefined: no Lease. */
type Look = readonly [at: number, renewTime: string | undefined];

function watch(looks: readonly Look[]): LeaseState {
  let history: LeaseHistory | undefined;
  for (const [at, renewTime] of looks) {
    const lease = renewTime === undefined ? undefined : { renewTime, duration: 40_000 };
    history = observe(history, { lease, now: at * 1000, maxGap: 160_000 });
  }
  if (history === undefined) throw new Error('nobody looked');
  return stateOf(history);
}

describe('the Lease of a Node', () => {
  it.each<[what: string, looks: readonly Look[], state: LeaseState]>([
    ['says nothing when it is seen for the first time, whatever time it bears', [[0, 'a']], { kind: 'unknown' }],
    [
      'is renewed when it changes',
      [
        [0, 'a'],
        [60, 'b'],
      ],
      { kind: 'renewed', since: 60_000 },
    ],
    [
      'is renewed since its first change',
      [
        [0, 'a'],
        [60, 'b'],
        [120, 'c'],
      ],
      { kind: 'renewed', since: 60_000 },
    ],
    [
      'may be looked at more often than it is renewed',
      [
        [0, 'a'],
        [1, 'b'],
        [2, 'b'],
      ],
      { kind: 'renewed', since: 1000 },
    ],
    [
      'is stale when it does not change for longer than it lasts',
      [
        [0, 'a'],
        [60, 'a'],
      ],
      { kind: 'stale', lasting: 60_000 },
    ],
    [
      'is not stale before',
      [
        [0, 'a'],
        [40, 'a'],
      ],
      { kind: 'unknown' },
    ],
    [
      'is stale for longer and longer',
      [
        [0, 'a'],
        [60, 'a'],
        [120, 'a'],
      ],
      { kind: 'stale', lasting: 120_000 },
    ],
    [
      'begins anew when its Node comes back',
      [
        [0, 'a'],
        [9, 'b'],
        [60, 'b'],
        [120, 'c'],
      ],
      { kind: 'renewed', since: 120_000 },
    ],
    [
      'begins anew after nobody looked for long',
      [
        [0, 'a'],
        [60, 'b'],
        [300, 'c'],
      ],
      { kind: 'renewed', since: 300_000 },
    ],
    [
      'is not known to be renewed after nobody looked',
      [
        [0, 'a'],
        [60, 'b'],
        [300, 'b'],
      ],
      { kind: 'unknown' },
    ],
    [
      'does not get stale while nobody looks',
      [
        [0, 'a'],
        [9000, 'a'],
      ],
      { kind: 'unknown' },
    ],
    [
      'counts only what was watched',
      [
        [0, 'a'],
        [60, 'a'],
        [9000, 'a'],
        [9060, 'a'],
      ],
      { kind: 'stale', lasting: 120_000 },
    ],
    ['that is not there is stale', [[0, undefined]], { kind: 'stale', lasting: 0 }],
    [
      'that is deleted is stale from now on',
      [
        [0, 'a'],
        [60, 'b'],
        [120, undefined],
      ],
      { kind: 'stale', lasting: 0 },
    ],
    [
      'that is made again is renewed',
      [
        [0, undefined],
        [60, 'a'],
      ],
      { kind: 'renewed', since: 60_000 },
    ],
  ])('%s', (_what, looks, state) => {
    expect(watch(looks)).toStrictEqual(state);
  });
});

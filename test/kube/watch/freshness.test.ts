import { describe, expect, it } from 'vitest';
import { createFreshness, type Freshness } from '../../../src/kube/watch/freshness.ts';

type Step = number | Exclude<keyof Freshness, 'problem' | 'lost'> | { readonly lost: string | undefined };

/** @param steps what has happened; a number: so many seconds pass */
function after(steps: readonly Step[]): string | undefined {
  let now = 1000;
  const freshness = createFreshness({ path: '/things', clock: () => now });
  for (const step of steps) {
    if (typeof step === 'number') now += step * 1000;
    else if (typeof step === 'string') freshness[step]();
    else freshness.lost(step.lost);
  }
  return freshness.problem();
}

describe('what is kept of a resource', () => {
  it.each<readonly [string | undefined, readonly Step[]]>([
    ['/things has not been listed yet', []],
    ['/things has not been listed yet: no right', [{ lost: 'no right' }]],
    [undefined, [{ lost: 'no right' }, 'listed']],
    [undefined, ['listed', 60]],
    ['/things is known only as it was 61 s ago', ['listed', 61]],
    [undefined, ['listed', 'follows', 3600]],
    [undefined, ['listed', 'follows', 3600, { lost: undefined }, 60]],
    ['/things is known only as it was 61 s ago', ['listed', 'follows', 3600, { lost: undefined }, 61]],
    // Each try that fails is no news of what there is.
    ['/things is known only as it was 80 s ago: reset', ['listed', 40, { lost: 'reset' }, 40]],
    ['/things is known only as it was 80 s ago: reset', ['listed', 40, { lost: 'reset' }, 40, { lost: undefined }]],
    [undefined, ['listed', 'follows', { lost: 'reset' }, 80, 'follows']],
    [undefined, ['listed', 'follows', { lost: 'too old' }, 80, 'listed']],
    ['/things is known only as it was 61 s ago', ['listed', { lost: 'reset' }, 'follows', { lost: undefined }, 61]],
  ])('has the problem %j after %j', (problem, steps) => {
    expect(after(steps)).toBe(problem);
  });
});

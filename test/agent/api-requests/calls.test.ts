import { expect, it } from 'vitest';
import { countCalls } from '../../../src/agent/api-requests/calls.ts';

it('are quiet from the end of the last one on', () => {
  let now = 0;
  const calls = countCalls(() => now);
  expect(calls.quietSince()).toBe(Number.NEGATIVE_INFINITY);
  const [endFirst, endSecond] = [calls.begin(), calls.begin()];
  now = 10;
  endFirst();
  expect(calls.quietSince()).toBeUndefined();
  now = 20;
  endSecond();
  now = 30;
  expect(calls.quietSince()).toBe(20);
});

import { expect, it } from 'vitest';
import { sleep } from '../../src/system/sleep.ts';

it.each([2 ** 31, 365 * 86_400_000])('sleeps for %d ms as for a long time, and not for none', async (milliseconds) => {
  const ending = new AbortController();
  const began = performance.now();
  setTimeout(() => ending.abort(), 50);
  await sleep(milliseconds, ending.signal);
  expect(performance.now() - began).toBeGreaterThan(45);
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFollowed } from '../../src/agent/followed.ts';
import { startUpkeep, type Upkeep } from '../../src/agent/upkeep.ts';

const followed = createFollowed(0);
let isFine: boolean;
let looks: number;
let upkeep: Upkeep;

beforeEach(() => {
  vi.useFakeTimers();
  [isFine, looks] = [true, 0];
  const look = async (): Promise<boolean> => {
    looks += 1;
    return isFine;
  };
  upkeep = startUpkeep({ look, interval: 1000, retry: { first: 10, last: 35 }, changes: [followed, undefined] });
});
afterEach(async () => {
  await upkeep.stop();
  vi.useRealTimers();
});

async function looksWithin(milliseconds: number): Promise<number> {
  const before = looks;
  await vi.advanceTimersByTimeAsync(milliseconds);
  return looks - before;
}

describe('what is looked after', () => {
  it('is looked at at once, and then in the interval', async () => {
    expect(looks).toBe(1);
    expect(await looksWithin(999)).toBe(0);
    expect(await looksWithin(1)).toBe(1);
  });

  it('is looked at without waiting when something has changed', async () => {
    await looksWithin(500);
    followed.set(followed.get() + 1);
    expect(await looksWithin(0)).toBe(1);
    expect(await looksWithin(999)).toBe(0);
  });

  it('is looked at soon after a failure, later and later up to a limit, and soon again after the next one', async () => {
    isFine = false;
    await looksWithin(1000);
    for (const wait of [10, 20, 35, 35]) expect([await looksWithin(wait - 1), await looksWithin(1)]).toEqual([0, 1]);
    isFine = true;
    await looksWithin(35);
    expect(await looksWithin(999)).toBe(0);
    isFine = false;
    await looksWithin(1);
    expect([await looksWithin(9), await looksWithin(1)]).toEqual([0, 1]);
  });

  it('is not looked at any more when it is stopped', async () => {
    await upkeep.stop();
    followed.set(followed.get() + 1);
    expect(await looksWithin(10_000)).toBe(0);
  });
});

import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readPool, type Pool } from '../../src/ipam/pool.ts';
import { withReadAhead } from '../../src/ipam/read-ahead.ts';
import type { Store } from '../../src/ipam/store.ts';
import { Failure } from '../../src/system/failure.ts';
import { openTemporary } from './file/temporary.ts';
import { manifest } from './sample.ts';

const pool = readPool(manifest({ name: 'a', ranges: ['192.168.0.10-192.168.0.12'] }));
let reads: string[];
let now: number;
let answer: () => Promise<Pool>;
let store: ReturnType<typeof withReadAhead>;
const temporary = openTemporary();
afterAll(() => temporary.close());
beforeEach(() => {
  const { store: plain } = temporary;
  [reads, now, answer] = [[], 0, async () => pool];
  const slow: Store = {
    ...plain,
    readPool: async (name) => {
      reads.push(name);
      return answer();
    },
  };
  store = withReadAhead(slow, () => now);
});

describe('a pool that is read ahead', () => {
  it('is not read again by whoever wants it soon', async () => {
    store.readAhead(['a']);
    expect(await store.readPool('a')).toBe(pool);
    expect(reads).toStrictEqual(['a']);
  });

  it('is read again the next time, and where it was not wanted for ten seconds', async () => {
    store.readAhead(['a', 'b']);
    await store.readPool('a');
    await store.readPool('a');
    now = 10_000;
    await store.readPool('b');
    expect(reads).toStrictEqual(['a', 'b', 'a', 'b']);
  });

  it('fails where it is wanted, not before', async () => {
    answer = () => Promise.reject(new Failure('ipam', 'pool a does not exist'));
    store.readAhead(['a', 'b']);
    await expect(store.readPool('a')).rejects.toThrow('pool a does not exist');
  });
});

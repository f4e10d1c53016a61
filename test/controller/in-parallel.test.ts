import { describe, expect, it } from 'vitest';
import { inParallel } from '../../src/controller/in-parallel.ts';
import { Failure } from '../../src/system/failure.ts';

const { signal } = new AbortController();
const numbers = Array.from({ length: 100 }, (_, index) => index);
const away = (): Failure => new Failure('unavailable', 'no answer');

describe('work on many things', () => {
  it('is done for each of them, no more at a time than the limit, whatever becomes of the others', async () => {
    const [done, running] = [new Set<number>(), { now: 0, most: 0 }];
    const errors = await inParallel(numbers, {
      limit: 7,
      signal,
      async work(item) {
        running.now += 1;
        running.most = Math.max(running.most, running.now);
        await Promise.resolve();
        running.now -= 1;
        if (item % 10 === 0) throw away();
        done.add(item);
      },
    });
    expect(errors).toHaveLength(10);
    expect(done.size).toBe(90);
    expect(running.most).toBe(7);
  });

  it('is given up when the server is away, which then has not to answer a hundred times', async () => {
    let asked = 0;
    const attempt = inParallel(numbers, {
      limit: 1,
      signal,
      async work() {
        asked += 1;
        throw away();
      },
    });
    await expect(attempt).rejects.toMatchObject({ kind: 'unavailable' });
    expect(asked).toBe(10);
  });

  it('goes on when what is refused is refused to each', async () => {
    const errors = await inParallel(numbers, {
      limit: 3,
      signal,
      async work() {
        throw new Failure('refused', 'not yours');
      },
    });
    expect(errors).toHaveLength(100);
  });

  it('is not begun any more after the signal', async () => {
    const stop = new AbortController();
    let begun = 0;
    const work = async (): Promise<void> => {
      begun += 1;
      if (begun === 5) stop.abort();
    };
    await inParallel(numbers, { limit: 1, signal: stop.signal, work });
    expect(begun).toBe(5);
  });
});

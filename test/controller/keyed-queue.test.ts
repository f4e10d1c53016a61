import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../src/system/failure.ts';
import { createKeyedQueue, type KeyedQueue } from '../../src/controller/keyed-queue.ts';

let stop: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

interface Bench {
  readonly queue: KeyedQueue;
  /** `key@milliseconds` of each call. */
  readonly calls: string[];
  readonly errors: string[];
}

function bench(work: (key: string, call: number) => Promise<number | undefined> = async () => undefined): Bench {
  const began = performance.now();
  const calls: string[] = [];
  const errors: string[] = [];
  const queue = createKeyedQueue({
    spacing: 1000,
    signal: stop.signal,
    onError: (key, error, failures) => void errors.push(`${key}: ${String(error)} (${failures})`),
    work: async (key) => {
      calls.push(`${key}@${Math.round(performance.now() - began)}`);
      return work(key, calls.length);
    },
  });
  return { queue, calls, errors };
}

describe('a keyed queue', () => {
  it('makes one call of many wishes, and the next one not before the spacing is over', async () => {
    const { queue, calls } = bench();
    for (let index = 0; index < 5; index++) queue.add('a', 50);
    await vi.advanceTimersByTimeAsync(60);
    queue.add('a');
    queue.add('a', 500);
    await vi.advanceTimersByTimeAsync(5000);
    expect(calls).toEqual(['a@50', 'a@1050']);
  });

  it('takes the earliest of several wishes', async () => {
    const { queue, calls } = bench();
    queue.add('a', 9000);
    queue.add('a', 100);
    queue.add('a', 5000);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(calls).toEqual(['a@100']);
  });

  it('does not let one key wait for another', async () => {
    const { queue, calls } = bench((key) => (key === 'slow' ? new Promise(() => {}) : Promise.resolve(undefined)));
    queue.add('slow');
    queue.add('a', 10);
    await vi.advanceTimersByTimeAsync(20);
    expect(calls).toEqual(['slow@0', 'a@10']);
  });

  it('calls again for a wish that came during a call, never two at a time', async () => {
    const { queue, calls } = bench(oneAtATime());
    queue.add('a');
    await vi.advanceTimersByTimeAsync(100);
    queue.add('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toEqual(['a@0', 'a@1300']);
  });

  it('calls again when the work asks for it', async () => {
    const { queue, calls } = bench(async (_, call) => (call === 1 ? 7000 : undefined));
    queue.add('a');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(calls).toEqual(['a@0', 'a@7000']);
  });

  it('reports an error, and tries again', async () => {
    const { queue, calls, errors } = bench(async (_, call) => {
      if (call < 3) throw new Error(`call ${call}`);
      return undefined;
    });
    queue.add('a');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(errors).toEqual(['a: Error: call 1 (1)', 'a: Error: call 2 (2)']);
    expect(calls).toHaveLength(3);
  });

  it('tries again every half a minute what the API server refuses, and every two seconds what it may do later', async () => {
    for (const [kind, most] of [
      ['refused', 20],
      ['unavailable', 1000],
    ] as const) {
      const { queue, calls } = bench(async () => {
        throw new Failure(kind, 'no');
      });
      queue.add(kind);
      await vi.advanceTimersByTimeAsync(300_000);
      expect(calls.length).toBeGreaterThan(most / 10);
      expect(calls.length).toBeLessThan(most);
      queue.forget(kind);
    }
  });

  it('tries again at once what the API server has refused, when it is wished anew', async () => {
    const { queue, calls } = bench(async () => {
      throw new Failure('refused', 'no');
    });
    queue.add('a');
    await vi.advanceTimersByTimeAsync(200_000);
    const before = calls.length;
    queue.add('a');
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls).toHaveLength(before + 1);
  });

  it('never makes two calls of a key at a time, though it was forgotten and wished again', async () => {
    const { queue, calls } = bench(oneAtATime());
    queue.add('a');
    await vi.advanceTimersByTimeAsync(100);
    queue.forget('a');
    queue.add('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toEqual(['a@0', 'a@1300']);
  });

  it.each([
    ['asks for another', async () => 10],
    [
      'fails',
      async () => {
        throw new Error('refused');
      },
    ],
  ])('makes no more calls of a key that is forgotten during one that %s', async (_, work) => {
    const { queue, calls } = bench(async () => {
      await aWhile();
      return work();
    });
    queue.add('a');
    await vi.advanceTimersByTimeAsync(100);
    queue.forget('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toEqual(['a@0']);
  });

  it('forgets a key, and everything when it is to stop', async () => {
    const { queue, calls } = bench();
    queue.add('a', 10);
    queue.add('b', 10);
    queue.forget('a');
    await vi.advanceTimersByTimeAsync(5);
    stop.abort();
    queue.add('c');
    await vi.advanceTimersByTimeAsync(5000);
    expect(calls).toEqual([]);
  });
});

/** By the clock of the test. */
async function aWhile(): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, 300);
  });
}

/** Work that takes a while, and fails when it is begun before it has ended. */
function oneAtATime(): () => Promise<undefined> {
  let running = 0;
  return async () => {
    running += 1;
    expect(running).toBe(1);
    await aWhile();
    running -= 1;
    return undefined;
  };
}

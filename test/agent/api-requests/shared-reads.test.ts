import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharingReads, type SharedReadsOptions } from '../../../src/agent/api-requests/shared-reads.ts';
import { until } from '../../fixture/until.ts';

describe('reads of the same thing at the same time', () => {
  it('are one that begins when the one that was under way has ended, for all who asked meanwhile', async () => {
    const { ask, begun, end } = bench();
    const first = ask();
    const others = [ask(), ask(), ask()];
    await turn();
    expect(begun).toHaveLength(1);
    end(0, 'old');
    expect(await first).toBe('old');
    await turn();
    expect(begun).toHaveLength(2);
    end(1, 'new');
    expect(await Promise.all(others)).toStrictEqual(['new', 'new', 'new']);
    expect(begun).toHaveLength(2);
  });

  it('fail together, and the next one is begun all the same', async () => {
    const { ask, begun, end, fail } = bench();
    const first = ask();
    const others = [ask(), ask()];
    fail(0);
    await expect(first).rejects.toThrow('no answer 0');
    await turn();
    const last = ask();
    fail(1);
    for (const one of others) await expect(one).rejects.toThrow('no answer 1');
    await turn();
    end(2, 'there');
    expect(await last).toBe('there');
    expect(begun).toHaveLength(3);
  });

  it('are read for as long as the most patient waits, and who waits no longer is told by itself', async () => {
    const { ask, begun, end } = bench();
    const first = ask();
    const [hasty, patient] = [ask('a', 5), ask('a', 60_000)];
    await expect(hasty).rejects.toMatchObject({ kind: 'unavailable' });
    end(0, 'old');
    await first;
    await turn();
    expect(begun[1]?.remaining).toBeGreaterThan(30_000);
    end(1, 'new');
    expect(await patient).toBe('new');
  });

  it('are not begun when nobody waits for them any more, even if the time is not quite over', async () => {
    const { ask, begun, end } = bench({ now: () => 0 });
    const first = ask();
    await expect(ask('a', 5)).rejects.toMatchObject({ kind: 'unavailable' });
    end(0, 'old');
    await first;
    await turn();
    expect(begun).toHaveLength(1);
    void ask();
    expect(begun).toHaveLength(2);
  });

  it('do not wait long for one whose answer is lost', async () => {
    const { ask, begun, end } = bench({ impatience: 10 });
    const lost = ask();
    const other = ask();
    await until(() => begun.length === 2, { what: 'a second one' });
    end(1, 'new');
    expect(await other).toBe('new');
    end(0, 'late');
    expect(await lost).toBe('late');
    expect(begun).toHaveLength(2);
  });

  it('of other things are others', async () => {
    const { ask, begun } = bench();
    for (const key of ['a', 'b', 'a', 'c']) void ask(key);
    expect(begun.map(({ key }) => key)).toStrictEqual(['a', 'b', 'c']);
  });

  it('never give what was read before it was asked for, in whatever order all happens', async () => {
    const steps = fc.array(fc.oneof(fc.constant('ask'), fc.nat({ max: 20 })), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, async (order) => {
        const { ask, begun, end } = bench();
        let clock = 0;
        const answers: Promise<void>[] = [];
        for (const step of order) {
          clock++;
          if (typeof step === 'number') end(step, '');
          else answers.push(isFresh(ask('a', 60_000, clock), clock));
          if (clock % 3 === 0) await turn();
        }
        for (let index = 0; index < begun.length; index++) {
          end(index, '');
          await turn();
        }
        await Promise.all(answers);
      }),
      { numRuns: 200 },
    );
  });
});

async function isFresh(answer: Promise<string>, asked: number): Promise<void> {
  expect(Number(await answer)).toBeGreaterThanOrEqual(asked);
}

interface Begun {
  readonly key: string;
  readonly remaining: number;
  readonly answer: PromiseWithResolvers<string>;
}

function bench(options: Pick<SharedReadsOptions, 'impatience' | 'now'> = {}) {
  const share = sharingReads<string>({ impatience: 10_000, ...options });
  const begun: Begun[] = [];
  let latest = 0;
  /** Answered by the number of the last ask before its begin, where `end` gives nothing else. */
  const stamps: string[] = [];
  const ask = (key = 'a', remaining = 60_000, clock = 0): Promise<string> => {
    latest = clock;
    return share({
      key,
      remaining,
      begin: async (longer) => {
        const answer = Promise.withResolvers<string>();
        stamps.push(String(latest));
        begun.push({ key, remaining: longer, answer });
        return answer.promise;
      },
    });
  };
  return {
    ask,
    begun,
    end: (index: number, text: string) => begun[index]?.answer.resolve(text || (stamps[index] ?? '')),
    fail: (index: number) => begun[index]?.answer.reject(new Error(`no answer ${index}`)),
  };
}

async function turn(): Promise<void> {
  await new Promise(setImmediate);
}

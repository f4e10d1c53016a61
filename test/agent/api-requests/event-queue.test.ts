import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { countCalls } from '../../../src/agent/api-requests/calls.ts';
import { eventQueue } from '../../../src/agent/api-requests/event-queue.ts';
import { isObject } from '../../fixture/json.ts';

describe('what went well with a Pod', () => {
  it('is told when no call of the plugin has been under way for a second', async () => {
    const { queue, written, pass, calls } = bench();
    const end = calls.begin();
    queue.add(told('web'));
    await pass(5000);
    end();
    const endNext = calls.begin();
    await pass(3000);
    endNext();
    await pass(990);
    expect(written()).toStrictEqual([]);
    await pass(20);
    expect(written()).toStrictEqual(['web attached']);
  });

  it('is told after half a minute, whatever is under way', async () => {
    const { queue, written, pass, calls } = bench();
    calls.begin();
    queue.add(told('web'));
    await pass(29_900);
    expect(written()).toStrictEqual([]);
    await pass(200);
    expect(written()).toStrictEqual(['web attached']);
  });

  it('is told half a minute later of each Pod of a crowd, whose containers are started meanwhile', async () => {
    const { queue, written, pass } = bench();
    for (let count = 0; count < 20; count++) queue.add(told(`web-${count}`));
    await pass(29_000);
    expect(written()).toStrictEqual([]);
    await pass(1100);
    expect(written()).toHaveLength(20);
  });

  it('has the time at which it was, not that at which it was told', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-21T10:00:00Z') });
    onTestFinished(() => void vi.useRealTimers());
    const { queue, pass, seen, calls } = bench();
    calls.begin();
    queue.add(told('web'));
    vi.setSystemTime(new Date('2026-11-21T10:00:30Z'));
    await pass(31_000);
    const time = '2026-11-21T10:00:00Z';
    expect(seen).toMatchObject([{ firstTimestamp: time, lastTimestamp: time }]);
  });

  it('is told before the agent ends', async () => {
    const { queue, written, pass, calls } = bench();
    calls.begin();
    for (const name of ['a', 'b', 'c']) queue.add(told(name));
    await pass(10);
    await queue.end();
    expect(written()).toStrictEqual(['a attached', 'b attached', 'c attached']);
  });

  it('is told at once when many wait, and left to the plugin when too many do', async () => {
    const { queue, written, pass, calls } = bench();
    calls.begin();
    for (let count = 0; count < 256; count++) queue.add(told(`web-${count}`));
    await pass(500);
    expect(written()).toStrictEqual([]);
    queue.add(told('one-more'));
    await pass(1);
    expect(written()).toStrictEqual(['web-0 attached']);
    for (let count = 256; count < 512; count++) queue.add(told('other'));
    expect(() => queue.add(told('last'))).toThrow('512 Events wait');
  });
});

describe('what went wrong with a Pod', () => {
  it('is told a tenth of a second later, whatever is under way, and before what went well with others', async () => {
    const { queue, written, pass, calls } = bench();
    calls.begin();
    queue.add(told('web'));
    await pass(10);
    queue.add(failed('shop'));
    await pass(90);
    expect(written()).toStrictEqual([]);
    await pass(20);
    expect(written()).toStrictEqual(['shop failed']);
  });

  it('is told after what went well with the same Pod before', async () => {
    const { queue, written, pass, calls } = bench();
    calls.begin();
    queue.add(told('other'));
    queue.add(told('web'));
    queue.add(failed('web'));
    await pass(150);
    expect(written()).toStrictEqual(['web attached', 'web failed']);
  });
});

function told(name: string) {
  return of(name, { type: 'Normal', reason: 'AttachedNetworks', message: 'attached' } as const);
}

function failed(name: string) {
  return of(name, { type: 'Warning', reason: 'FailedAttachNetworks', message: 'failed' } as const);
}

function of<T>(name: string, event: T) {
  return { pod: { namespace: 'shop', name, uid: `uid-${name}`, mirrored: '' }, event };
}

function bench() {
  let clock = 0;
  const sleepers = new Set<{ readonly until: number; readonly end: () => void }>();
  const seen: Record<string, unknown>[] = [];
  const calls = countCalls(() => clock);
  const queue = eventQueue({
    client: {
      send: async ({ body }) => {
        if (body !== undefined) seen.push({ ...body });
        return { status: 201, body: {}, uncertain: false };
      },
    },
    nodeName: 'node-1',
    calls,
    log: () => {},
    time: {
      now: () => clock,
      sleep: async (milliseconds, signal) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        const sleeper = { until: clock + milliseconds, end: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => resolve());
        await promise;
        sleepers.delete(sleeper);
      },
    },
  });
  /** Milliseconds that pass, as those that sleep notice. */
  const pass = async (milliseconds: number): Promise<void> => {
    const end = clock + milliseconds;
    await settle();
    for (let next = nextOf(sleepers); next <= end; next = nextOf(sleepers)) {
      clock = Math.max(clock, next);
      for (const { until, end: wake } of sleepers) if (until <= clock) wake();
      await settle();
    }
    clock = end;
  };
  const written = (): readonly string[] => seen.map((body) => `${involved(body)} ${String(body['message'])}`);
  return { queue, calls, pass, seen, written };
}

function nextOf(sleepers: ReadonlySet<{ readonly until: number }>): number {
  return Math.min(...Array.from(sleepers, ({ until }) => until));
}

async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

function involved({ involvedObject }: Record<string, unknown>): string {
  return isObject(involvedObject) ? String(involvedObject['name']) : '';
}

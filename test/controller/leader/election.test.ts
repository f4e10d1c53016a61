import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runElection } from '../../../src/controller/leader/election.ts';
import type { LeaseState, LeaseWish } from '../../../src/controller/leader/lease.ts';
import { sleep } from '../../../src/system/sleep.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A Lease, and an API server that may be away, or lose its answers. */
function createServer() {
  let lease: LeaseState | undefined;
  let version = 0;
  const state = { isAway: false, losesAnswers: false };
  const answer = async <T>(give: () => T): Promise<T> => {
    if (state.isAway) throw new Error('no answer');
    const given = give();
    if (state.losesAnswers) throw new Error('the answer was lost');
    return given;
  };
  return {
    state,
    lease: () => lease,
    read: () => answer(() => lease),
    write: ({ holder, duration, from }: LeaseWish) =>
      answer(() => {
        if (from?.resourceVersion !== lease?.resourceVersion) return undefined;
        version += 1;
        lease = { holder, duration, transitions: 0, resourceVersion: String(version) };
        return lease;
      }),
  };
}

type Server = ReturnType<typeof createServer>;

/** One that stands for election, and when it has led: times in seconds. */
function createCandidate(server: Server, identity: string) {
  const stop = new AbortController();
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 100) / 10;
  const terms: { from: number; to: number | undefined }[] = [];
  const ended = runElection({
    ...server,
    identity,
    duration: 15_000,
    signal: stop.signal,
    log: () => {},
    onError: () => {},
    sleep,
    clock: () => performance.now(),
    lead: (signal) => {
      const term: (typeof terms)[number] = { from: seconds(), to: undefined };
      terms.push(term);
      signal.addEventListener('abort', () => Object.assign(term, { to: seconds() }), { once: true });
    },
  });
  return { terms, ended, stop: () => stop.abort(), leads: () => terms.some(({ to }) => to === undefined) };
}

describe('an election', () => {
  it('without others is won at once', async () => {
    const candidate = createCandidate(createServer(), 'a');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(candidate.terms).toEqual([{ from: 0, to: undefined }]);
    candidate.stop();
    await candidate.ended;
  });

  it('has one winner, who is replaced when it is silent for the duration of its Lease', async () => {
    const server = createServer();
    const first = createCandidate(server, 'a');
    const second = createCandidate({ ...server, ...aliveUntil(server, 30_000) }, 'b');
    first.stop();
    await first.ended;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(second.leads()).toBe(true);
    const third = createCandidate(server, 'c');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(second.leads()).toBe(false);
    expect(third.leads()).toBe(true);
    expect(third.terms[0]?.from ?? 0).toBeGreaterThan(15);
    second.stop();
    third.stop();
  });

  it('is given back by the one who stops, and the next one leads within seconds', async () => {
    const server = createServer();
    const first = createCandidate(server, 'a');
    await vi.advanceTimersByTimeAsync(1000);
    const second = createCandidate(server, 'b');
    await vi.advanceTimersByTimeAsync(1000);
    first.stop();
    await first.ended;
    expect(server.lease()).toMatchObject({ holder: '' });
    await vi.advanceTimersByTimeAsync(3000);
    expect(second.leads()).toBe(true);
    second.stop();
  });

  it('is over before anybody else may begin, when the API server does not answer; and goes on when it does', async () => {
    const server = createServer();
    const candidate = createCandidate(server, 'a');
    await vi.advanceTimersByTimeAsync(1000);
    server.state.isAway = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(candidate.terms).toEqual([{ from: 0, to: 10 }]);
    server.state.isAway = false;
    await vi.advanceTimersByTimeAsync(5000);
    expect(candidate.leads()).toBe(true);
    candidate.stop();
  });

  it('is not lost with an answer: what was written is found again', async () => {
    const server = createServer();
    const candidate = createCandidate(server, 'a');
    await vi.advanceTimersByTimeAsync(2900);
    server.state.losesAnswers = true;
    await vi.advanceTimersByTimeAsync(3000);
    server.state.losesAnswers = false;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(candidate.terms).toEqual([{ from: 0, to: undefined }]);
    candidate.stop();
  });

  it('that is renewed without an answer lasts no longer than others count', async () => {
    const server = createServer();
    const writes: number[] = [];
    const write = async (wish: LeaseWish): Promise<LeaseState | undefined> => {
      writes.push(performance.now());
      if (writes.length > 3) throw new Error('no answer');
      const written = await server.write(wish);
      if (writes.length !== 2) return written;
      await sleep(3000, new AbortController().signal);
      throw new Error('the answer was lost');
    };
    const candidate = createCandidate({ ...server, write }, 'a');
    await vi.advanceTimersByTimeAsync(60_000);
    const [began = 0, renewed = 0] = writes;
    expect(candidate.leads()).toBe(false);
    expect(candidate.terms[0]?.to).toBeLessThan((renewed - began) / 1000 + 15);
    candidate.stop();
  });
});

/** A server that is away for this one from then on. */
function aliveUntil(server: Server, milliseconds: number): Pick<Server, 'read' | 'write'> {
  const end = performance.now() + milliseconds;
  const guard = async <T>(call: () => Promise<T>): Promise<T> => {
    if (performance.now() > end) throw new Error('no answer');
    return call();
  };
  return { read: () => guard(server.read), write: (wish) => guard(() => server.write(wish)) };
}

import { messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
import { worthALine } from '../../kube/watch/worth-a-line.ts';
import type { LeaseState, LeaseWish } from './lease.ts';

export interface ElectionOptions {
  readonly read: () => Promise<LeaseState | undefined>;
  readonly write: (wish: LeaseWish) => Promise<LeaseState | undefined>;
  /** Of this process, unlike that of any other. */
  readonly identity: string;
  /** Milliseconds that a leader may be silent. */
  readonly duration: number;
  /** Leads until `signal` is aborted. Returns at once. */
  readonly lead: (signal: AbortSignal) => void;
  /** Ends the election, and gives the Lease back. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly onError: (error: unknown) => void;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/**
 * Leads whenever the Lease is ours. Only our own clock counts: another one's Lease is free when it has not changed for
 * its duration, as far as we have seen. We stop to lead well before another one may begin: when two thirds of the
 * duration have passed since we began the last renewal that went well.
 * @returns when it has ended, and the Lease is given back or could not be
 */
export async function runElection(options: ElectionOptions): Promise<void> {
  const { signal, duration, sleep } = options;
  const state: State = { lease: undefined, seenAt: -Infinity, failures: 0, leading: undefined };
  while (!signal.aborted) {
    await attempt(options, state);
    await sleep(duration / (state.leading === undefined ? 6 : 5), signal);
  }
  stepDown(state);
  await giveBack(options, state);
}

interface State {
  /** As we know it, and since when it has been so. */
  lease: LeaseState | undefined;
  seenAt: number;
  /** One after the other. */
  failures: number;
  leading: { readonly abort: AbortController; readonly expiry: NodeJS.Timeout } | undefined;
}

async function attempt(options: ElectionOptions, state: State): Promise<void> {
  const { clock, duration, onError } = options;
  const begun = clock();
  try {
    const mine = await acquireOrRenew(options, state);
    Object.assign(state, { failures: 0 });
    if (!mine) stepDown(state, options.log);
    else if (!options.signal.aborted) leadUntil(begun + (duration * 2) / 3, options, state);
  } catch (error) {
    onError(error);
    const failures = state.failures + 1;
    Object.assign(state, { failures });
    const facts = { error: messageOf(error), failures, leading: state.leading !== undefined };
    if (worthALine(failures)) options.log('warn', 'the Lease cannot be read or renewed', facts);
  }
}

/** Whether it is ours now, renewed in this call. */
async function acquireOrRenew(options: ElectionOptions, state: State): Promise<boolean> {
  const { read, write, identity, duration, clock } = options;
  if (!isOurs(options, state) && !(await mayTake(options, state))) return false;
  const renew = (): Promise<LeaseState | undefined> => write({ holder: identity, duration, from: state.lease });
  const written = await renew();
  Object.assign(state, { lease: written ?? (await read()), seenAt: clock() });
  if (written !== undefined || !isOurs(options, state)) return written !== undefined;
  // It was we, and the answer was lost. But others count from when that was written: so it is written anew.
  Object.assign(state, { lease: await renew(), seenAt: clock() });
  return state.lease !== undefined;
}

function isOurs({ identity }: ElectionOptions, { lease }: State): boolean {
  return lease?.holder === identity;
}

/** Looks at it; whether it is free, or ours after all. */
async function mayTake(options: ElectionOptions, state: State): Promise<boolean> {
  const { read, clock } = options;
  const lease = await read();
  if (lease?.resourceVersion !== state.lease?.resourceVersion) Object.assign(state, { seenAt: clock() });
  Object.assign(state, { lease });
  const isFree = lease === undefined || lease.holder === '' || clock() - state.seenAt > lease.duration;
  return isFree || isOurs(options, state);
}

function leadUntil(end: number, options: ElectionOptions, state: State): void {
  const { clock, log, lead, identity } = options;
  const began = state.leading === undefined;
  const abort = state.leading?.abort ?? new AbortController();
  clearTimeout(state.leading?.expiry);
  const expiry = setTimeout(() => stepDown(state, log), Math.max(0, end - clock()));
  Object.assign(state, { leading: { abort, expiry } });
  if (!began) return;
  log('info', 'leading', { identity });
  lead(abort.signal);
}

function stepDown(state: State, log?: Log): void {
  const { leading } = state;
  if (leading === undefined) return;
  Object.assign(state, { leading: undefined });
  clearTimeout(leading.expiry);
  log?.('warn', 'leading no more: the Lease is lost, or could not be renewed');
  leading.abort.abort();
}

async function giveBack({ write, identity, onError }: ElectionOptions, { lease }: State): Promise<void> {
  if (lease?.holder !== identity) return;
  try {
    await write({ holder: '', duration: 1000, from: lease });
  } catch (error) {
    onError(error);
  }
}

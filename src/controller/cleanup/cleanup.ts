import { messageOf } from '../../system/failure.ts';
import type { Context, Duty } from '../context.ts';
import { sleep } from '../../system/sleep.ts';
import { createFree } from './free.ts';
import { liveNodes, livePods } from './live.ts';
import { createNodeWatch } from './node-watch.ts';
import { watchPods } from './pod-view.ts';
import { createSightings } from './sightings.ts';
import { sweep, type Sweeping } from './sweep.ts';
import type { Patience } from './verdict.ts';

/** Milliseconds. */
export interface CleanupOptions extends Patience {
  /** Between two sweeps, when nothing is to be done. */
  readonly interval: number;
}

/**
 * Frees, as long as this process leads, what nobody else gives back: addresses of Pods that are gone from the API.
 * What DEL and GC of CNI, and the agent of a Node, have to do is not its business.
 */
export function cleanupDuty(options: CleanupOptions): Duty {
  return (context) => void run(context, options);
}

async function run(context: Context, { interval, ...patience }: CleanupOptions): Promise<void> {
  const { api, allocations, signal, log, metrics } = context;
  const pods = watchPods({ api, signal, log, metrics });
  const { client } = api;
  const soon = Math.min(interval, oftenEnough);
  const maxGap = 2 * soon + 40_000;
  const sweeping: Sweeping = {
    held: allocations.values,
    pods,
    live: livePods(client),
    nodes: createNodeWatch({ live: liveNodes(client), clock, maxGap }),
    sightings: createSightings(),
    free: createFree(context),
    patience,
    clock,
  };
  await settled(pods.ready, signal);
  while (!signal.aborted) {
    const isIdle = await sweepOnce(sweeping, context);
    await sleep(isIdle ? interval : soon, signal);
  }
}

/** Milliseconds: while an address waits, a Node that is away for longer must not go unnoticed. */
const oftenEnough = 60_000;

/** Returns whether nothing is left to be done. */
async function sweepOnce(sweeping: Sweeping, { log, metrics, signal }: Context): Promise<boolean> {
  try {
    const { waiting, errors } = await sweep(sweeping, signal);
    metrics.swept(waiting);
    const [first] = errors;
    if (first === undefined) return waiting === 0;
    metrics.requestFailed('release');
    log('warn', 'clean-up could not do all', { failed: errors.length, error: messageOf(first) });
  } catch (error) {
    if (signal.aborted) return false;
    metrics.requestFailed('release');
    log('warn', 'clean-up has to wait', { error: messageOf(error) });
  }
  return false;
}

/** Monotonic, milliseconds: whoever sets the machine's time frees nothing by it. */
function clock(): number {
  return performance.now();
}

/** Resolves with the promise or with the signal. */
async function settled(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const onAbort = (): void => resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([promise, aborted]);
  signal.removeEventListener('abort', onAbort);
}

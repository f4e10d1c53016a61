import { poolPath } from '../../ipam/kubernetes/paths.ts';
import { messageOf } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json-object.ts';
import type { Context } from '../context.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import { readPoolState, type PoolState } from '../pools.ts';
import type { Recorder } from '../events.ts';
import { conditionsIn } from './conditions.ts';
import { transitionsOf } from './events.ts';
import { addressesOf, difference, project, sameAddresses, type Projection } from './status.ts';
import type { Tallies } from './tallies.ts';

export interface ProjectionOptions {
  readonly tallies: Tallies;
  readonly record: Recorder;
}

/** Milliseconds. What changes within the first is written in one go. */
const settle = 50;
const spacing = 1000;
const addressesSpacing = 10_000;

/** Keeps the status of every pool true; see docs/kubernetes.md. */
export function startProjection(context: Context, options: ProjectionOptions): void {
  const { pools, log, metrics, signal } = context;
  const state: State = { known: new Map(), addressesAt: new Map() };
  const queue = createKeyedQueue({
    spacing,
    signal,
    work: (name) => writeStatus(name, { ...context, ...options, state }),
    onError: (name, error) => {
      metrics.requestFailed('status');
      log('warn', 'cannot write the status', { pool: name, error: messageOf(error) });
    },
  });
  const stop = options.tallies.onChange((name) => {
    if (pools.get(name) !== undefined) {
      queue.add(name, settle);
      return;
    }
    queue.forget(name);
    state.known.delete(name);
    state.addressesAt.delete(name);
  });
  signal.addEventListener('abort', stop, { once: true });
  for (const { name } of pools.values()) queue.add(name);
}

interface State {
  /** What our own writes have made of a pool: the watch tells it later. */
  readonly known: Map<string, PoolState>;
  /** When `ipAddresses` was written last. */
  readonly addressesAt: Map<string, number>;
}

type Work = Context & ProjectionOptions & { readonly state: State };

/** Returns after how many milliseconds it has to be called again at the latest. */
async function writeStatus(name: string, work: Work): Promise<number | undefined> {
  const { tallies, state } = work;
  const pool = newest(work.pools.get(name), state.known.get(name));
  const tally = tallies.get(name);
  if (pool === undefined || tally === undefined || pool.awaitsAdoption) return undefined;
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const projection = project({ tally, overlaps: tallies.overlapsOf(name), status: pool.status, now });
  const addresses = addressesOf(tally, work.allocations);
  const wait = sameAddresses(pool.status, addresses) ? undefined : waitForAddresses(state, name);
  const due = wait !== undefined && wait <= 0;
  const patch = { ...difference(pool.status, projection), ...(due && { ipAddresses: addresses }) };
  if (Object.keys(patch).length > 0) {
    if (!(await send(pool, patch, { ...work, projection }))) return spacing;
    if (due) state.addressesAt.set(name, performance.now());
  }
  return due ? undefined : wait;
}

function waitForAddresses({ addressesAt }: State, name: string): number {
  const at = addressesAt.get(name);
  return at === undefined ? 0 : at + addressesSpacing - performance.now();
}

/**
 * Compared with the state that it was made from, for conditions of others are in it.
 * @returns whether it was written; if not, it is to be made anew
 */
async function send(
  pool: PoolState,
  patch: JsonObject,
  { api, state, record, projection }: Work & { readonly projection: Projection },
): Promise<boolean> {
  const path = poolPath(pool.name);
  const metadata = { uid: pool.uid, resourceVersion: pool.resourceVersion };
  const body = { metadata, status: patch };
  const answer = await api.client.send({ method: 'PATCH', path: `${path}/status`, body, expect: [404, 409] });
  if (answer.status === 404) return true;
  const written = answer.status !== 409;
  const { body: now } = written ? answer : await api.client.send({ method: 'GET', path });
  state.known.set(pool.name, readPoolState(now));
  if (written) for (const event of transitionsOf(conditionsIn(pool.status), projection.conditions)) record(pool, event);
  return written;
}

function newest(seen: PoolState | undefined, written: PoolState | undefined): PoolState | undefined {
  if (seen === undefined || seen.uid !== written?.uid) return seen;
  return Number(written.resourceVersion) > Number(seen.resourceVersion) ? written : seen;
}

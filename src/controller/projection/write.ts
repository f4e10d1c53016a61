import { poolPath } from '../../ipam/kubernetes/paths.ts';
import type { JsonObject } from '../../system/json-object.ts';
import type { Context } from '../context.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import { tellErrors } from '../queue-errors.ts';
import { readPoolState, type PoolState } from '../pools.ts';
import type { Recorder } from '../events.ts';
import { conditionsIn, invalidConditions, mergeConditions, type Condition } from './conditions.ts';
import { transitionsOf } from './events.ts';
import { addressesOf, difference, project, sameAddresses, sameJson } from './status.ts';
import type { Tallies } from './tallies.ts';
import type { Tally } from './tally.ts';

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
  const { pools, signal } = context;
  const state: State = { known: new Map(), addressesAt: new Map() };
  const queue = createKeyedQueue({
    spacing,
    signal,
    work: (name) => writeStatus(name, { ...context, ...options, state }),
    onError: tellErrors(context, { work: 'status', message: 'cannot write the status' }),
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
  const pool = newest(work.pools.get(name), work.state.known.get(name));
  if (pool?.problem !== undefined) return writeProblem(pool, pool.problem, work);
  const tally = work.tallies.get(name);
  if (pool === undefined || tally === undefined || pool.awaitsAdoption) return undefined;
  return writeProjection(pool, tally, work);
}

async function writeProjection(pool: PoolState, tally: Tally, work: Work): Promise<number | undefined> {
  const { tallies, state } = work;
  const { name, status } = pool;
  const projection = project({ tally, overlaps: tallies.overlapsOf(name), status, now: now() });
  const addresses = addressesOf(tally, work.allocations);
  const wait = sameAddresses(status, addresses) ? undefined : waitForAddresses(state, name);
  const due = wait !== undefined && wait <= 0;
  const patch = { ...difference(status, projection), ...(due && { ipAddresses: addresses }) };
  if (Object.keys(patch).length > 0) {
    if (!(await send(pool, patch, { ...work, conditions: projection.conditions }))) return spacing;
    if (due) state.addressesAt.set(name, performance.now());
  }
  return due ? undefined : wait;
}

/** The rest of the status stays as it was when the spec was valid. */
async function writeProblem(pool: PoolState, problem: string, work: Work): Promise<number | undefined> {
  const before = conditionsIn(pool.status);
  const { generation } = pool;
  const conditions = invalidConditions({ problem, generation }, before, now());
  const merged = mergeConditions(before, conditions);
  if (sameJson(before, merged)) return undefined;
  return (await send(pool, { conditions: merged }, { ...work, conditions })) ? undefined : spacing;
}

/** RFC 3339. */
function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
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
  { api, state, record, conditions }: Work & { readonly conditions: readonly Condition[] },
): Promise<boolean> {
  const path = poolPath(pool.name);
  const metadata = { uid: pool.uid, resourceVersion: pool.resourceVersion };
  const body = { metadata, status: patch };
  const answer = await api.client.send({ method: 'PATCH', path: `${path}/status`, body, expect: [404, 409] });
  if (answer.status === 404) return true;
  const written = answer.status !== 409;
  const { body: current } = written ? answer : await api.client.send({ method: 'GET', path });
  state.known.set(pool.name, readPoolState(current));
  if (written) for (const event of transitionsOf(conditionsIn(pool.status), conditions)) record(pool, event);
  return written;
}

function newest(seen: PoolState | undefined, written: PoolState | undefined): PoolState | undefined {
  if (seen === undefined || seen.uid !== written?.uid) return seen;
  return Number(written.resourceVersion) > Number(seen.resourceVersion) ? written : seen;
}

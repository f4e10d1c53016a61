import { findAllocations } from '../ipam/kubernetes/lists.ts';
import { poolFinalizer, poolPath } from '../ipam/kubernetes/paths.ts';
import type { Context } from './context.ts';
import { createKeyedQueue } from './keyed-queue.ts';
import { tellErrors } from './queue-errors.ts';
import type { PoolState } from './pools.ts';

/** Milliseconds. */
const spacing = 200;
/** For an address that the watch has not told of: it may go as unseen as it came. */
const patience = 5000;

/** Keeps a pool from going while addresses of it are held, and lets it go then. */
export function startFinalizers(context: Context): void {
  const { pools, allocations, signal } = context;
  const queue = createKeyedQueue({
    spacing,
    signal,
    work: async (name) => settle(pools.get(name), context),
    onError: tellErrors(context, { work: 'finalizer', message: 'cannot change the finalizer' }),
  });
  const look = (pool: PoolState | undefined): void => {
    if (pool !== undefined && (pool.deleting ? pool.hasFinalizer : !pool.hasFinalizer)) queue.add(pool.name);
  };
  const stops = [
    pools.onChange(({ before, after }) => {
      if (after === undefined) queue.forget(before?.name ?? '');
      else look(after);
    }),
    allocations.onChange(({ before }) => {
      if (before !== undefined) look(pools.get(before.pool));
    }),
  ];
  signal.addEventListener('abort', () => stops.forEach((stop) => stop()), { once: true });
  for (const pool of pools.values()) look(pool);
}

/** Returns after how many milliseconds it has to be looked at again, if nothing else may tell. */
async function settle(pool: PoolState | undefined, context: Context): Promise<number | undefined> {
  if (pool === undefined) return undefined;
  const { name, finalizers } = pool;
  if (!pool.deleting && !pool.hasFinalizer) await setFinalizers(pool, [...finalizers, poolFinalizer], context);
  if (!pool.deleting || !pool.hasFinalizer || pool.awaitsAdoption) return undefined;
  if (context.allocations.ofPool(name).size > 0) return undefined;
  if (await isHeld(name, context)) return patience;
  const others = finalizers.filter((one) => one !== poolFinalizer);
  if (await setFinalizers(pool, others, context))
    context.log('info', 'no address is held: the pool may go', { pool: name });
  return undefined;
}

/**
 * Asks the API server itself, after the pool was marked: whoever allocates looks for the mark after the creation. So one
 * of both sees the other.
 */
async function isHeld(pool: string, { api }: Context): Promise<boolean> {
  const first = await findAllocations(api.client, {}, pool).next();
  return first.done !== true;
}

/** Whether it was done: if the pool was changed meanwhile, the watch tells, and it is looked at again. */
async function setFinalizers(pool: PoolState, finalizers: readonly string[], { api }: Context): Promise<boolean> {
  const { name, uid, resourceVersion } = pool;
  const body = { metadata: { uid, resourceVersion, finalizers } };
  const { status } = await api.client.send({ method: 'PATCH', path: poolPath(name), body, expect: [404, 409] });
  return status < 300;
}

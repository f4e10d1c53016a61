import { monotonicNow } from '../system/time.ts';
import type { Pool } from './pool.ts';
import type { Store } from './store.ts';

/**
 * Milliseconds for which a pool that was read ahead is as good as one that is read now. Among a hundred calls at once,
 * one may have to wait for its turn for seconds; a lock can keep it waiting for longer.
 */
const freshness = 10_000;

/**
 * A store that takes its time to answer, and can be told early which pools will be wanted: connecting to it, and its
 * answer, cost no time then of which something else could be made.
 * @param now milliseconds
 */
export function withReadAhead(
  store: Store,
  now: () => number = monotonicNow,
): Store & Required<Pick<Store, 'readAhead'>> {
  const begun = new Map<string, { readonly pool: Promise<Pool>; readonly since: number }>();
  return {
    ...store,
    readAhead: (names) => {
      for (const name of names) {
        const pool = Promise.resolve(name).then((one) => store.readPool(one));
        // Whoever wants it is told.
        pool.catch(() => {});
        begun.set(name, { pool, since: now() });
      }
    },
    readPool: async (name) => {
      const early = begun.get(name);
      begun.delete(name);
      return early !== undefined && now() - early.since < freshness ? early.pool : store.readPool(name);
    },
  };
}

import { formatAddress } from './address.ts';
import type { Pool } from './pool.ts';
import type { Store } from './store.ts';

/**
 * The store as the networks of one Pod see it, which allocate at the same time: a pool is read once for all of them, and
 * no two of them try for the same address. For one call, since nothing is read anew.
 */
export function storeForOnePod(store: Store): Store {
  const pools = new Map<string, Promise<Pool>>();
  const offered = new Set<string>();
  return {
    ...store,
    readPool: (name) => {
      const pool = pools.get(name) ?? store.readPool(name);
      pools.set(name, pool);
      return pool;
    },
    async *candidates(pool) {
      for await (const address of store.candidates(pool)) {
        const key = `${pool.name} ${formatAddress(address)}`;
        if (offered.has(key)) continue;
        offered.add(key);
        yield address;
      }
    },
  };
}

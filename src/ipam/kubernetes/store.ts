import type { KubeClient } from '../../kube/client.ts';
import { sameAddress, type Address } from '../address.ts';
import { checkPoolName } from '../pool.ts';
import type { CreateOutcome, Store } from '../store.ts';
import { searchFree } from './candidates.ts';
import { create, createUnconfirmed, type Wish } from './create.ts';
import { findAllocations, listHeld } from './lists.ts';
import { withoutHolder } from './probe.ts';
import { factsOf, readUsablePool, type Context } from './pool.ts';
import { readAllocation, releaseAllocation } from './release.ts';

export interface KubernetesStoreOptions {
  readonly client: KubeClient;
  /** 0 to 1. */
  readonly chance?: () => number;
}

export interface KubernetesStore extends Store {
  /** create() that may follow another one by the same attempt, made elsewhere, whose answer was lost. */
  readonly createOnce: (wish: Wish) => Promise<CreateOutcome>;
}

/**
 * The store in a cluster: one IPAllocation object per address, whose creation is the allocation. Nothing is listed by
 * readPool, create, get and release; of a pool that is not contended, an allocation is three requests: read the pool,
 * create, and read the pool again (one more if the pool selects Namespaces).
 */
export function createKubernetesStore({ client, chance = Math.random }: KubernetesStoreOptions): KubernetesStore {
  const facts: Context['facts'] = new WeakMap();
  const context: Context = { client, chance, facts, readLiving: (name) => readUsablePool({ client, facts }, name) };
  return {
    createOnce: (wish) => create(context, wish),
    // Not thrown before there is a promise: whoever asks for several pools at once would not wait for the others then.
    readPool: async (name) => readUsablePool(context, checkPoolName({ path: 'pool', value: name })),
    candidates: (pool) => {
      const { free } = factsOf(context, pool);
      const wasTried = (address: Address): boolean => {
        const { tried } = factsOf(context, pool);
        return tried !== undefined && sameAddress(tried, address);
      };
      return searchFree({
        pool,
        free,
        chance,
        wasTried,
        withoutHolder: (addresses) => withoutHolder(client, pool.name, addresses),
        listHeld: () => listHeld(client, pool.name),
      });
    },
    create: (pool, address, owner) => create(context, { pool, address, owner }),
    createUnconfirmed: (pool, address, owner) => createUnconfirmed(context, { pool, address, owner }),
    async get(pool, address) {
      const name = checkPoolName({ path: 'pool', value: pool });
      return (await readAllocation(client, name, address))?.allocation;
    },
    release: (allocation) => releaseAllocation(client, allocation),
    async *find(filter, pool) {
      const only = pool === undefined ? undefined : checkPoolName({ path: 'pool', value: pool });
      yield* findAllocations(client, filter, only);
    },
  };
}

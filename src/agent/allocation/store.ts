import type { KubeClient } from '../../kube/client.ts';
import { sameAddress, type Address } from '../../ipam/address.ts';
import { searchFree } from '../../ipam/kubernetes/candidates.ts';
import { create, type Wish } from '../../ipam/kubernetes/create.ts';
import { listHeld } from '../../ipam/kubernetes/lists.ts';
import { factsOf, readUsablePoolObject, type Context } from '../../ipam/kubernetes/pool.ts';
import { withoutHolder } from '../../ipam/kubernetes/probe.ts';
import { readAllocation, releaseAllocation } from '../../ipam/kubernetes/release.ts';
import { sameOwner } from '../../ipam/owner.ts';
import type { Pool } from '../../ipam/pool.ts';
import type { Allocation, CreateOutcome, ReleaseOutcome } from '../../ipam/store.ts';
import type { JsonObject } from '../../system/json-object.ts';
import type { Choice } from './choice.ts';
import type { View } from './view.ts';

export interface KnowingStoreOptions {
  readonly client: KubeClient;
  readonly view: Pick<View, 'pools'>;
  readonly choice: Choice;
  /** 0 to 1. */
  readonly chance?: () => number;
}

/** As the store of the plugin (src/ipam/kubernetes/store.ts), of one who knows the pools already. */
export interface KnowingStore {
  /** The pool, and the object that it was read from. @throws as Store.readPool */
  readonly readPool: (name: string) => Promise<Read>;
  /** As Store.candidates; those that others of this Node try now come last. */
  readonly candidates: (pool: Pool) => AsyncGenerator<Address, void>;
  readonly create: (wish: Wish) => Promise<CreateOutcome>;
  readonly get: (pool: string, address: Address) => Promise<Allocation | undefined>;
  readonly release: (allocation: Allocation) => Promise<ReleaseOutcome>;
}

export interface Read {
  readonly pool: Pool;
  readonly object: JsonObject;
}

/**
 * An allocation is one request. What the plugin looks for by another one after it, whether the pool is being deleted by
 * now, is known here: the API server has told it before it told whoever lets the pool go.
 */
export function createKnowingStore(options: KnowingStoreOptions): KnowingStore {
  const { client, view, choice, chance = Math.random } = options;
  const facts: Context['facts'] = new WeakMap();
  const readPool = async (name: string): Promise<Read> =>
    view.pools.get(name) ?? readUsablePoolObject({ client, facts }, name);
  const context: Context = { client, chance, facts, readLiving: async (name) => (await readPool(name)).pool };
  return {
    readPool,
    candidates: (pool) => candidates(context, { view, choice }, pool),
    create: async (wish) => {
      const outcome = await create(context, wish);
      const isOurs = sameOwner(outcome.allocation.owner, wish.owner);
      choice.held(wish.pool, wish.address.value, isOurs ? 'us' : 'others');
      return outcome;
    },
    get: async (pool, address) => (await readAllocation(client, pool, address))?.allocation,
    release: (allocation) => releaseAllocation(client, allocation),
  };
}

async function* candidates(
  context: Context,
  { view, choice }: Pick<KnowingStoreOptions, 'view' | 'choice'>,
  pool: Pool,
): AsyncGenerator<Address, void> {
  const { client, chance } = context;
  const known = view.pools.get(pool.name);
  const where = choice.where(pool, known?.pool.uid === pool.uid ? known.free : factsOf(context, pool).free);
  const wasTried = (address: Address): boolean => {
    const { tried } = factsOf(context, pool);
    return tried !== undefined && sameAddress(tried, address);
  };
  const found = searchFree({
    pool,
    ...where,
    chance,
    wasTried,
    withoutHolder: (addresses) => withoutHolder(client, pool.name, addresses),
    listHeld: () => listHeld(client, pool.name),
  });
  for await (const address of found) {
    const end = choice.offered(pool, address.value);
    try {
      yield address;
    } finally {
      end();
    }
  }
}

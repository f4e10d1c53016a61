import type { PoolAdmin, PoolObject } from '../ipam/pool-admin.ts';
import { Failure } from '../system/failure.ts';
import type { OpenStore } from './store-open.ts';

export interface ReadPool {
  readonly name: string;
  /** Or why it cannot be read. */
  readonly object: PoolObject | Failure;
}

/** Each pool of the store, by name: of files, one that is damaged hides no other. */
export async function readAllPools({ pools, poolNames }: OpenStore): Promise<readonly ReadPool[]> {
  if (poolNames === undefined)
    return (await pools.listPools()).map((object) => ({ name: object.metadata.name, object }));
  const read = await readNamedPools(pools, poolNames());
  // What was deleted meanwhile is none.
  return read.filter(({ object }) => !(object instanceof Failure && object.kind === 'not-found'));
}

/** Each on its own, in this order. */
export async function readNamedPools(pools: PoolAdmin, names: readonly string[]): Promise<readonly ReadPool[]> {
  return Promise.all(names.map(async (name) => ({ name, object: await readPoolObject(pools, name) })));
}

async function readPoolObject(pools: PoolAdmin, name: string): Promise<PoolObject | Failure> {
  try {
    return await pools.getPool(name);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

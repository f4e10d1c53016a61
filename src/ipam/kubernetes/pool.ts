import type { KubeClient } from '../../kube/client.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import type { Address } from '../address.ts';
import type { Interval } from '../interval.ts';
import { readPool, type Pool } from '../pool.ts';
import { readFreeRanges } from './free-ranges.ts';
import { poolPath } from './paths.ts';

/** What the functions of one store share. */
export interface Context {
  readonly client: KubeClient;
  /** 0 to 1. */
  readonly chance: () => number;
  /** A pool as it is now, for what was created in it: see inLivingPool(). @throws as Store.readPool does */
  readonly readLiving: (name: string) => Promise<Pool>;
  readonly facts: WeakMap<Pool, PoolFacts>;
}

/** What is known of a pool besides its spec. */
export interface PoolFacts {
  readonly free: readonly Interval[];
  /** The address that a create was last sent for. */
  tried: Address | undefined;
}

export function factsOf({ facts }: Context, pool: Pool): PoolFacts {
  const known = facts.get(pool);
  if (known !== undefined) return known;
  const none: PoolFacts = { free: [], tried: undefined };
  facts.set(pool, none);
  return none;
}

/** @throws Failure `ipam` as Store.readPool does */
export async function readUsablePool(context: Pick<Context, 'client' | 'facts'>, name: string): Promise<Pool> {
  return (await readUsablePoolObject(context, name)).pool;
}

/** With the object that it was read from. @throws Failure `ipam` as Store.readPool does */
export async function readUsablePoolObject(
  { client, facts }: Pick<Context, 'client' | 'facts'>,
  name: string,
): Promise<{ readonly pool: Pool; readonly object: JsonObject }> {
  const { status, body: object } = await client.send({ method: 'GET', path: poolPath(name), expect: [404] });
  if (status === 404) throw missingPool(client, name, object);
  const pool = readStored(object);
  if (pool.deleting) throw beingDeleted(name);
  facts.set(pool, { free: readFreeRanges(object, pool), tried: undefined });
  return { pool, object };
}

export function beingDeleted(name: string): Failure {
  return new Failure('ipam', `pool ${name} is being deleted: expected one that stays`);
}

function readStored(object: JsonObject): Pool {
  try {
    return readPool(object);
  } catch (error) {
    throw new Failure('ipam', `the stored pool is not valid: ${messageOf(error)}`, { cause: error });
  }
}

/** Only an API server that knows pools names the one that it has not found. */
function missingPool({ server }: KubeClient, name: string, { details }: JsonObject): Failure {
  if (isJsonObject(details) && details['name'] === name)
    return new Failure('ipam', `pool ${name} does not exist in ${server}: expected an IPPool of that name`);
  return new Failure('ipam', `the API server ${server} knows no IPPools: apply deploy/crds.yaml`);
}

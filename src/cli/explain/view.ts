import type { NodeSettings } from '../../config/node-file.ts';
import { listObjects } from '../../ipam/kubernetes/lists.ts';
import { poolPath, poolsPath } from '../../ipam/kubernetes/paths.ts';
import type { PoolAdmin } from '../../ipam/pool-admin.ts';
import { checkPoolName, readPool, type Pool } from '../../ipam/pool.ts';
import { Failure } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json-object.ts';
import type { Finding } from '../../system/finding.ts';
import { readAllPools, type ReadPool } from '../read-pools.ts';
import type { OpenStore } from '../store-open.ts';
import { isDamage } from './damage.ts';
import { holderFindings } from './holder.ts';
import { holdingsInCluster, holdingsInFiles, type Holding, type Holdings } from './holdings.ts';
import { lookUpLife } from './life.ts';
import { sectionOf, textIn } from './lookup.ts';

/** All that an explanation is made from. */
export interface View extends OpenStore {
  readonly holdings: Holdings;
  /** What `type` or `ipam.type` of a network is when it means this program. */
  readonly ownType: string;
  /** Of the Node that this runs on, if it is one that has a Node file. */
  readonly node: NodeSettings | undefined;
  readonly now: Date;
}

export function viewOf(store: OpenStore, more: Pick<View, 'ownType' | 'node' | 'now'>): View {
  const { cluster, allocations } = store;
  const holdings = cluster === undefined ? holdingsInFiles(allocations) : holdingsInCluster(cluster.client);
  return { ...store, ...more, holdings };
}

/** Of an address that is held. */
export async function explainHolding({ cluster, now }: View, holding: Holding): Promise<readonly Finding[]> {
  const life = cluster && (await lookUpLife(cluster.client, holding.allocation.owner, now));
  return holderFindings(holding, life, now);
}

export interface StoredPool {
  readonly name: string;
  readonly object: JsonObject;
  /** Or why nothing can be allocated from it. */
  readonly pool: Pool | Failure;
}

/** By name; how full they are is not asked, for that takes a list of all that is held. */
export async function listPools(view: View): Promise<readonly StoredPool[]> {
  const { cluster } = view;
  if (cluster === undefined) return (await readAllPools(view)).map(filedPool);
  const found: StoredPool[] = [];
  for await (const object of listObjects(cluster.client, { path: poolsPath })) found.push(storedPool(object));
  return found;
}

/** @throws Failure `not-found`, also for what cannot be the name of a pool */
export async function getPool({ cluster, pools }: View, name: string): Promise<StoredPool> {
  if (!isPoolName(name)) throw new Failure('not-found', `pool ${JSON.stringify(name)} does not exist in any store`);
  if (cluster === undefined) return getFiled(pools, name);
  const { client } = cluster;
  const { status, body } = await client.send({ method: 'GET', path: poolPath(name), expect: [404] });
  if (status === 404) throw new Failure('not-found', `pool ${name} does not exist in ${client.server}`);
  return storedPool(body);
}

async function getFiled(pools: PoolAdmin, name: string): Promise<StoredPool> {
  try {
    return filedPool({ name, object: await pools.getPool(name) });
  } catch (error) {
    if (isDamage(error)) return filedPool({ name, object: error });
    throw error;
  }
}

function filedPool({ name, object }: ReadPool): StoredPool {
  return object instanceof Failure ? { name, object: {}, pool: object } : storedPool({ ...object });
}

function isPoolName(name: string): boolean {
  try {
    checkPoolName({ path: 'pool', value: name });
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function storedPool(object: JsonObject): StoredPool {
  return { name: textIn(sectionOf(object, 'metadata'), 'name'), object, pool: poolOf(object) };
}

function poolOf(object: JsonObject): Pool | Failure {
  try {
    return readPool(object);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { poolTotal, saturated } from '../allocatable.ts';
import { fieldOf, objectOf, textOf } from '../manifest.ts';
import type { PoolAdmin, PoolObject } from '../pool-admin.ts';
import { checkPoolName, readPool } from '../pool.ts';
import { applyPool } from './apply.ts';
import { deletePool } from './delete-pool.ts';
import { findAllocations, listObjects } from './lists.ts';
import { poolPath, poolsPath } from './paths.ts';

/**
 * The administration of pools in a cluster. Usage is counted from the allocations: `status.usage` lags behind, and is
 * missing where no controller runs.
 */
export function createKubernetesPools(client: KubeClient): PoolAdmin {
  return {
    applyPool: (manifest, { force }) => applyPool({ client, manifest, force }),
    async listPools() {
      const [objects, used] = [await listPoolObjects(client), await countUsed(client)];
      const pools = objects.map((object) => show(object, used));
      return pools.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    },
    async getPool(name) {
      const checked = checkPoolName({ path: 'pool', value: name });
      const { status, body } = await client.send({ method: 'GET', path: poolPath(checked), expect: [404] });
      if (status === 404) throw new Failure('not-found', `pool ${name} does not exist in ${client.server}`);
      return show(body, await countUsed(client, checked));
    },
    deletePool: (name) => deletePool(client, checkPoolName({ path: 'pool', value: name })),
  };
}

async function listPoolObjects(client: KubeClient): Promise<readonly JsonObject[]> {
  const objects: JsonObject[] = [];
  for await (const object of listObjects(client, { path: poolsPath })) objects.push(object);
  return objects;
}

async function countUsed(client: KubeClient, pool?: string): Promise<ReadonlyMap<string, number>> {
  const used = new Map<string, number>();
  for await (const allocation of findAllocations(client, {}, pool))
    used.set(allocation.pool, (used.get(allocation.pool) ?? 0) + 1);
  return used;
}

function show(object: JsonObject, used: ReadonlyMap<string, number>): PoolObject {
  const root = { path: '', value: object };
  // Who has set which field, in many lines: kubectl does not show it either.
  const { managedFields: _, ...metadata } = objectOf(fieldOf(root, 'metadata'), 'an object');
  const name = textOf(fieldOf(fieldOf(root, 'metadata'), 'name'), 'a name');
  const status = isJsonObject(object['status']) ? object['status'] : {};
  return {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'IPPool',
    metadata: { ...metadata, name },
    spec: objectOf(fieldOf(root, 'spec'), 'an object'),
    status: { ...status, usage: { used: used.get(name) ?? 0, total: totalOf(object) } },
  };
}

/** 0 for a pool that is not valid: nothing can be allocated from it. */
function totalOf(object: JsonObject): number {
  try {
    return saturated(poolTotal(readPool(object)));
  } catch {
    return 0;
  }
}

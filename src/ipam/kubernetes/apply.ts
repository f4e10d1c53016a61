import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { canonicalJson } from '../../system/canonical-json.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { keptManifest, type KeptManifest } from '../kept-manifest.ts';
import type { ApplyOutcome } from '../pool-admin.ts';
import { poolsOverlap, refuseUnknownPoolKeys, validatePoolUpdate } from '../pool-change.ts';
import { readPool, type Pool } from '../pool.ts';
import { findAllocations, listObjects } from './lists.ts';
import { poolFinalizer, poolPath, poolsPath } from './paths.ts';

export interface ApplyRequest {
  readonly client: KubeClient;
  readonly manifest: unknown;
  readonly force: boolean;
}

/**
 * Creates the pool or changes it; see `PoolAdmin`. The API server has the last word; what it would refuse anyway is
 * refused here first, in the words of the file store.
 */
export async function applyPool({ client, manifest, force }: ApplyRequest): Promise<ApplyOutcome> {
  refuseUnknownPoolKeys(manifest);
  const pool = readPool(manifest);
  const wanted = { ...keptManifest(manifest), apiVersion: 'crd.antrea.io/v1beta1' };
  const path = poolPath(pool.name);
  const { status, body: stored } = await client.send({ method: 'GET', path, expect: [404] });
  const next = status === 404 ? wanted : combined(stored, wanted);
  if (status !== 404 && canonicalJson(next) === canonicalJson(stored)) return 'unchanged';
  if (status !== 404) await refuseChange(client, { pool, stored });
  if (!force) await refuseOverlap(client, pool);
  if (status === 404) await client.send({ method: 'POST', path: poolsPath, body: guarded(next) });
  else await client.send({ method: 'PUT', path, body: next });
  return status === 404 ? 'created' : 'configured';
}

/** With the finalizer from the start: nobody can delete the pool before the controller has seen it. */
function guarded(object: JsonObject): JsonObject {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  return { ...object, metadata: { ...metadata, finalizers: [poolFinalizer] } };
}

/** The stored object with the user's part replaced: whoever has changed it since we read it makes the API server refuse. */
function combined(stored: JsonObject, wanted: KeptManifest): JsonObject {
  const metadata = isJsonObject(stored['metadata']) ? stored['metadata'] : {};
  return { ...stored, spec: wanted['spec'], metadata: { ...metadata, ...wanted.metadata } };
}

async function refuseChange(
  client: KubeClient,
  { pool, stored }: { readonly pool: Pool; readonly stored: JsonObject },
): Promise<void> {
  const from = validOrUndefined(stored);
  // It has to be mended somehow: what of it has to stay, the API server says.
  if (from === undefined) return;
  if (from.deleting) {
    throw new Failure('refused', `pool ${pool.name} is being deleted: expected it to be gone, then apply it again`);
  }
  validatePoolUpdate({ from, to: pool, inUse: await isInUse(client, pool.name) });
}

async function isInUse(client: KubeClient, pool: string): Promise<boolean> {
  const first = await findAllocations(client, {}, pool).next();
  return first.done !== true;
}

async function refuseOverlap(client: KubeClient, pool: Pool): Promise<void> {
  for await (const object of listObjects(client, { path: poolsPath })) {
    const other = validOrUndefined(object);
    if (other === undefined || other.name === pool.name || !poolsOverlap(pool, other)) continue;
    throw new Failure(
      'refused',
      `pool ${pool.name} overlaps with pool ${other.name} on VLAN ${pool.vlan}, so that an address could be given twice: expected other ranges or excludes, or --force`,
    );
  }
}

/** One that is not valid, as where deploy/policies.yaml came later, gives no address. */
function validOrUndefined(object: JsonObject): Pool | undefined {
  try {
    return readPool(object);
  } catch {
    return undefined;
  }
}

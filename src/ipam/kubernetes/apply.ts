import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { fieldOf, isAbsent, objectOf, textOf, type Field } from '../manifest.ts';
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
  const wanted = wantedOf(manifest);
  const path = poolPath(pool.name);
  const { status, body: stored } = await client.send({ method: 'GET', path, expect: [404] });
  const next = status === 404 ? wanted : combined(stored, wanted);
  if (status !== 404 && canonical(next) === canonical(stored)) return 'unchanged';
  if (status !== 404) await refuseChange(client, { pool, stored });
  if (!force) await refuseOverlap(client, pool);
  if (status === 404) await client.send({ method: 'POST', path: poolsPath, body: guarded(next) });
  else await client.send({ method: 'PUT', path, body: next });
  return status === 404 ? 'created' : 'configured';
}

/** No status, and of the metadata only what the user decides. */
function wantedOf(manifest: unknown): JsonObject & { readonly metadata: JsonObject } {
  const root = { path: '', value: manifest };
  const metadata = fieldOf(root, 'metadata');
  const notes = ['labels', 'annotations'].map((key) => fieldOf(metadata, key)).filter((field) => !isAbsent(field));
  return {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'IPPool',
    metadata: Object.fromEntries([
      ['name', fieldOf(metadata, 'name').value],
      ...notes.map((field): [string, unknown] => [field.path.slice(metadata.path.length + 1), readStrings(field)]),
    ]),
    spec: fieldOf(root, 'spec').value,
  };
}

/** With the finalizer from the start: nobody can delete the pool before the controller has seen it. */
function guarded(object: JsonObject): JsonObject {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  return { ...object, metadata: { ...metadata, finalizers: [poolFinalizer] } };
}

function readStrings(field: Field): JsonObject {
  const keys = Object.keys(objectOf(field, 'an object of strings'));
  return Object.fromEntries(keys.map((key) => [key, textOf(fieldOf(field, key), 'a string')]));
}

/** The stored object with the user's part replaced: whoever has changed it since we read it makes the API server refuse. */
function combined(stored: JsonObject, wanted: ReturnType<typeof wantedOf>): JsonObject {
  const metadata = isJsonObject(stored['metadata']) ? stored['metadata'] : {};
  return { ...stored, spec: wanted['spec'], metadata: { ...metadata, ...wanted.metadata } };
}

async function refuseChange(
  client: KubeClient,
  { pool, stored }: { readonly pool: Pool; readonly stored: JsonObject },
): Promise<void> {
  const from = readPool(stored);
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

/** Somebody else's pool that is not valid gives no address. */
function validOrUndefined(object: JsonObject): Pool | undefined {
  try {
    return readPool(object);
  } catch {
    return undefined;
  }
}

/** JSON with sorted keys: the same text for objects that mean the same. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isJsonObject(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

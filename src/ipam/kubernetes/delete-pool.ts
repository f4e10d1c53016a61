import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { describeAllocation } from '../owner.ts';
import { awaitingAdoption } from './adoption.ts';
import { findAllocations } from './lists.ts';
import { poolFinalizer, poolPath } from './paths.ts';

/**
 * Deletes a pool that nobody holds an address of. The finalizer keeps it until that is certain: first the pool is
 * marked, then its allocations are listed; whoever allocates does it the other way round.
 * @throws Failure `not-found`, `refused`
 */
export async function deletePool(client: KubeClient, name: string): Promise<void> {
  await refuseWhileHeld(client, name);
  const path = poolPath(name);
  const stored = await client.send({ method: 'GET', path, expect: [404] });
  if (stored.status === 404) throw new Failure('not-found', `pool ${name} does not exist in ${client.server}`);
  refuseBeforeAdoption(name, stored.body);
  await ensureFinalizer(client, path, stored.body);
  await markDeleted(client, path);
  const left = await client.send({ method: 'GET', path, expect: [404] });
  if (left.status === 404) return;
  // A mark cannot be taken back: the controller lets the pool go when the last address is released.
  await refuseWhileHeld(client, name, ['it is marked for deletion, and goes when they are released']);
  await dropFinalizer(client, path, left.body);
}

async function refuseWhileHeld(client: KubeClient, name: string, remarks: readonly string[] = []): Promise<void> {
  const holders: string[] = [];
  let count = 0;
  for await (const allocation of findAllocations(client, {}, name)) {
    count += 1;
    if (holders.length < maxHolders) holders.push(describeAllocation(allocation));
  }
  if (count === 0) return;
  throw new Failure(
    'refused',
    `pool ${name} cannot be deleted: ${count} of its addresses are held, such as ${holders[0]}`,
    {
      details: [...remarks, ...holders].join('\n'),
    },
  );
}

const maxHolders = 3;

/** They are no IPAllocations yet, and nobody else would know of them when the pool is gone. */
function refuseBeforeAdoption(name: string, { status }: JsonObject): void {
  const entries = isJsonObject(status) ? awaitingAdoption(status) : [];
  if (entries.length === 0) return;
  const texts = entries.map((entry) => (isJsonObject(entry) ? entry['ipAddress'] : undefined));
  const example = texts.find((text) => typeof text === 'string') ?? 'one that is malformed';
  throw new Failure(
    'refused',
    `pool ${name} cannot be deleted: its status has ${entries.length} addresses of another controller, such as ${example}, which are not taken over yet`,
    { details: 'antrea controller takes them over when it runs; then those that are held have to be released' },
  );
}

/** The policy goes by the status, which nobody may have written since the last address was released. */
async function markDeleted(client: KubeClient, path: string): Promise<void> {
  try {
    await client.send({ method: 'DELETE', path, expect: [404] });
  } catch (error) {
    if (!(error instanceof Failure) || !error.message.includes(refusalOfPolicy)) throw error;
    const advice = 'none is: the status is behind; try again in a moment, and see that antrea controller runs';
    throw new Failure(error.kind, error.message, { details: advice, cause: error });
  }
}

/** deploy/policies.yaml, antrea-cni-pool-in-use */
const refusalOfPolicy = 'IPPool in use cannot be deleted';

/** A pool that was applied where no controller runs has none, and is not deleted without. */
async function ensureFinalizer(client: KubeClient, path: string, object: JsonObject): Promise<void> {
  const { finalizers, resourceVersion, deletionTimestamp } = metadataOf(object);
  if (finalizers.includes(poolFinalizer) || deletionTimestamp !== undefined) return;
  const body = { metadata: { finalizers: [...finalizers, poolFinalizer], resourceVersion } };
  await client.send({ method: 'PATCH', path, body, expect: [404] });
}

/** Where no controller runs, nobody else does it; with one, it may have been faster. */
async function dropFinalizer(client: KubeClient, path: string, object: JsonObject): Promise<void> {
  const { finalizers, resourceVersion } = metadataOf(object);
  const body = { metadata: { finalizers: finalizers.filter((one) => one !== poolFinalizer), resourceVersion } };
  await client.send({ method: 'PATCH', path, body, expect: [404, 409] });
}

function metadataOf({ metadata }: JsonObject): {
  readonly finalizers: readonly unknown[];
  readonly resourceVersion: unknown;
  readonly deletionTimestamp: unknown;
} {
  const { finalizers, resourceVersion, deletionTimestamp } = isJsonObject(metadata) ? metadata : {};
  return { finalizers: Array.isArray(finalizers) ? finalizers : [], resourceVersion, deletionTimestamp };
}

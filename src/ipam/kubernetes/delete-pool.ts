import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { describeAllocation } from '../owner.ts';
import { findAllocations } from './lists.ts';
import { poolFinalizer, poolPath } from './paths.ts';

/**
 * Deletes a pool that nobody holds an address of. The finalizer keeps it until that is certain: first the pool is
 * marked, then its allocations are listed; whoever allocates does it the other way round.
 * @throws Failure `not-found`, `refused`
 */
export async function deletePool(client: KubeClient, name: string): Promise<void> {
  await refuseWhileHeld(client, name, 'cannot be deleted');
  const path = poolPath(name);
  const { status } = await client.send({ method: 'DELETE', path, expect: [404] });
  if (status === 404) throw new Failure('not-found', `pool ${name} does not exist in ${client.server}`);
  const left = await client.send({ method: 'GET', path, expect: [404] });
  if (left.status === 404) return;
  // A mark cannot be taken back: the controller lets the pool go when the last address is released.
  await refuseWhileHeld(client, name, 'is marked for deletion and stays until then');
  await dropFinalizer(client, path, left.body);
}

async function refuseWhileHeld(client: KubeClient, name: string, consequence: string): Promise<void> {
  const holders: string[] = [];
  let count = 0;
  for await (const allocation of findAllocations(client, {}, name)) {
    count += 1;
    if (holders.length < maxHolders) holders.push(describeAllocation(allocation));
  }
  if (count === 0) return;
  throw new Failure(
    'refused',
    `pool ${name} ${consequence}: ${count} of its addresses are held, such as ${holders[0]}`,
    {
      details: holders.join('\n'),
    },
  );
}

const maxHolders = 3;

/** Where no controller runs, nobody else does it; with one, it may have been faster. */
async function dropFinalizer(client: KubeClient, path: string, { metadata }: JsonObject): Promise<void> {
  const { finalizers, resourceVersion } = isJsonObject(metadata) ? metadata : {};
  const others = Array.isArray(finalizers) ? finalizers.filter((one) => one !== poolFinalizer) : [];
  const body = { metadata: { finalizers: others, resourceVersion } };
  await client.send({ method: 'PATCH', path, body, expect: [404, 409] });
}

import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { formatAddress, type Address } from '../address.ts';
import { sameOwner } from '../owner.ts';
import type { Allocation, ReleaseOutcome } from '../store.ts';
import { readAllocationObject, splitVersion, type AllocationObject } from './allocation-object.ts';
import { allocationPath } from './paths.ts';

/** How often an object may change, its owner staying the same, between our reading and our deleting it. */
const maxRounds = 8;

/** Deletes this very object, and only in the state that its owner was read in. */
export async function releaseAllocation(client: KubeClient, allocation: Allocation): Promise<ReleaseOutcome> {
  const { uid, resourceVersion } = splitVersion(allocation);
  let version = resourceVersion;
  let mayBeDone = false;
  for (let round = 0; round < maxRounds; round++) {
    const answer = await client.send({
      method: 'DELETE',
      path: allocationPath(allocation.pool, allocation.address),
      body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion: version } },
      expect: [404, 409],
    });
    if (answer.status < 300) return 'released';
    mayBeDone ||= answer.uncertain;
    if (answer.status === 404) return mayBeDone ? 'released' : 'absent';
    const found = await readAllocation(client, allocation.pool, allocation.address);
    if (found === undefined) return mayBeDone ? 'released' : 'absent';
    if (found.uid !== uid) return mayBeDone ? 'released' : 'changed';
    if (!sameOwner(found.allocation.owner, allocation.owner)) return 'changed';
    version = found.resourceVersion;
  }
  throw new Failure(
    'unavailable',
    `${formatAddress(allocation.address)} of pool ${allocation.pool} is being changed by others all the time: try again later`,
  );
}

export async function readAllocation(
  client: KubeClient,
  pool: string,
  address: Address,
): Promise<AllocationObject | undefined> {
  const { status, body } = await client.send({ method: 'GET', path: allocationPath(pool, address), expect: [404] });
  return status === 404 ? undefined : readAllocationObject(body);
}

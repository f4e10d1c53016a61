import { readAllocationObject } from '../../ipam/kubernetes/allocation-object.ts';
import { allocationPath, allocationsPath } from '../../ipam/kubernetes/paths.ts';
import { describeAllocation } from '../../ipam/owner.ts';
import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { getNamed } from '../api/get-named.ts';
import { podPath } from '../api/pod-path.ts';
import { wholeObjects } from '../../kube/watch/list.ts';
import { readPodIdentity } from '../pod-identity.ts';
import { isOfEntry, type FoundPod } from './allocation.ts';
import type { Adopting } from './adopt.ts';
import type { EntryPod } from './entries.ts';

/** A consistent read; undefined also for one that no Node has: then it is not the one that holds the address. */
export async function findPod(client: KubeClient, entry: EntryPod): Promise<FoundPod | undefined> {
  const path = podPath(entry);
  if (path === undefined) return undefined;
  const pod = await getNamed(client, { path, kind: 'pods', name: entry.name, accept: wholeObjects.list });
  const identity = pod && readPodIdentity(pod);
  const node = textAt(pod?.['spec'], 'nodeName');
  if (identity === undefined || node === '') return undefined;
  // Of a static Pod, what stands for it in the API may be made anew while it runs.
  return { uid: identity.staticUID || identity.uid, node };
}

/** Whatever is there already stays: of two owners of an address, the first one has it. */
export function createAdopted(client: KubeClient, pool: string): Adopting['create'] {
  return async (allocation, entry) => {
    const created = await client.send({ method: 'POST', path: allocationsPath, body: allocation, expect: [409, 422] });
    if (created.status < 300) return undefined;
    if (created.status === 422) return `cannot be taken over: ${messageIn(created.body)}`;
    const path = allocationPath(pool, entry.address);
    const found = await client.send({ method: 'GET', path, expect: [404] });
    if (found.status === 404) throw new Failure('unavailable', `${path} changes hands just now: try again later`);
    const there = readAllocationObject(found.body).allocation;
    return isOfEntry(there, entry) ? undefined : `is held twice: ${describeAllocation(there)}, has it, too`;
  };
}

function messageIn({ message }: JsonObject): string {
  return typeof message === 'string' ? message.slice(0, 200) : 'the API server does not say why';
}

function textAt(object: unknown, key: string): string {
  const value = isJsonObject(object) ? object[key] : undefined;
  return typeof value === 'string' ? value : '';
}

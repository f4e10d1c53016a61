import { formatAddress } from '../../ipam/address.ts';
import { allocationName } from '../../ipam/kubernetes/paths.ts';
import type { Allocation } from '../../ipam/store.ts';
import type { Entry, EntryPod } from './entries.ts';

/** The Pod in the API that has the name of an entry's owner, and runs on a Node. */
export interface FoundPod {
  readonly uid: string;
  readonly node: string;
}

/**
 * An IPAllocation for an entry.
 *
 * Of a Pod that the API does not have any more, nobody can tell the UID, but its sandbox may still run: with a UID that
 * is nobody's, clean-up frees the address as it does for all Pods that are gone, on a Node that nobody knows.
 */
export function allocationFor(
  pool: { readonly name: string; readonly uid: string },
  entry: Entry,
  found?: FoundPod,
): object {
  const { address, phase, pod, statefulSet } = entry;
  return {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'IPAllocation',
    metadata: { name: allocationName(pool.name, address) },
    spec: {
      pool: pool.name,
      poolUID: pool.uid,
      address: formatAddress(address),
      phase,
      owner: {
        // The entry does not tell; and as no network has this name, no GC takes it for one of its own.
        network: '',
        ...(pod !== undefined && { pod: ownerPod(pod, found) }),
        ...(statefulSet !== undefined && { statefulSet }),
      },
    },
  };
}

/** Whether an IPAllocation that was there already is this entry's: we have made it, and were interrupted. */
export function isOfEntry({ owner, phase }: Allocation, entry: Entry): boolean {
  const { pod } = entry;
  if (phase !== entry.phase) return false;
  if (pod === undefined) return owner.pod.containerID === '';
  return owner.pod.containerID === containerIDOf(pod) && owner.pod.ifName === ifNameOf(pod);
}

function ownerPod(pod: EntryPod, found: FoundPod | undefined): object {
  return {
    namespace: pod.namespace,
    name: pod.name,
    uid: found?.uid ?? 'unknown',
    containerID: containerIDOf(pod),
    ifName: ifNameOf(pod),
    ...(found !== undefined && { node: found.node }),
  };
}

function containerIDOf({ containerID }: EntryPod): string {
  return containerID === '' ? 'unknown' : containerID;
}

/** Of the primary network, an entry has none. */
function ifNameOf({ ifName }: EntryPod): string {
  return ifName === '' ? 'eth0' : ifName;
}

import { formatAddress } from '../../ipam/address.ts';
import { splitVersion } from '../../ipam/kubernetes/allocation-object.ts';
import { allocationPath } from '../../ipam/kubernetes/paths.ts';
import type { Allocation } from '../../ipam/store.ts';
import type { Context } from '../context.ts';
import type { Free } from './sweep.ts';

/** Deletes the object that was judged, and no other: if it has changed meanwhile, the next sweep sees what it is now. */
export function createFree({ api, log, metrics }: Pick<Context, 'api' | 'log' | 'metrics'>): Free {
  return async (allocation, node) => {
    const { uid, resourceVersion } = splitVersion(allocation);
    const { status } = await api.client.send({
      method: 'DELETE',
      path: allocationPath(allocation.pool, allocation.address),
      body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } },
      expect: [404, 409],
    });
    if (status >= 300) return;
    metrics.released(node);
    log('info', 'freed the address of a Pod that is gone', { ...factsOf(allocation), nodeState: node });
  };
}

function factsOf({ pool, address, owner: { network, pod } }: Allocation): Readonly<Record<string, string>> {
  return {
    pool,
    address: formatAddress(address),
    pod: `${pod.namespace}/${pod.name}`,
    podUID: pod.uid,
    containerID: pod.containerID,
    ifname: pod.ifName,
    network,
    node: pod.node,
  };
}

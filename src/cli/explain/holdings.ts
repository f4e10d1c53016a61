import type { Address } from '../../ipam/address.ts';
import { readAllocationObject } from '../../ipam/kubernetes/allocation-object.ts';
import { listObjects } from '../../ipam/kubernetes/lists.ts';
import { allocationPath, allocationsPath } from '../../ipam/kubernetes/paths.ts';
import type { Allocation, Store } from '../../ipam/store.ts';
import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { sectionOf, textIn } from './lookup.ts';

/** An address that is held. */
export interface Holding {
  readonly allocation: Allocation;
  /** RFC 3339; empty where the store does not know. */
  readonly since: string;
}

/** Who holds what, in either store. */
export interface Holdings {
  readonly get: (pool: string, address: Address) => Promise<Holding | undefined>;
  /**
   * Of a pool, or of all; on a Node, or on all. What is not valid is left out of a cluster's.
   * @throws Failure for files that cannot be read
   */
  readonly find: (where: { readonly pool?: string; readonly node?: string }) => Promise<readonly Holding[]>;
}

export function holdingsInFiles(store: Store): Holdings {
  return {
    async get(pool, address) {
      const allocation = await store.get(pool, address);
      return allocation && { allocation, since: '' };
    },
    async find({ pool, node }) {
      const found: Holding[] = [];
      const filter = node === undefined ? {} : { node };
      for await (const allocation of store.find(filter, pool)) found.push({ allocation, since: '' });
      return found;
    },
  };
}

export function holdingsInCluster(client: KubeClient): Holdings {
  return {
    async get(pool, address) {
      const path = allocationPath(pool, address);
      const { status, body } = await client.send({ method: 'GET', path, expect: [404] });
      return status === 404 ? undefined : holdingOf(body);
    },
    async find({ pool, node }) {
      const found: Holding[] = [];
      const fields = {
        ...(pool !== undefined && { 'spec.pool': pool }),
        ...(node !== undefined && { 'spec.owner.pod.node': node }),
      };
      for await (const object of listObjects(client, { path: allocationsPath, fields })) {
        const holding = holdingOf(object);
        if (holding !== undefined) found.push(holding);
      }
      return found;
    },
  };
}

function holdingOf(object: JsonObject): Holding | undefined {
  try {
    const { allocation } = readAllocationObject(object);
    return { allocation, since: textIn(sectionOf(object, 'metadata'), 'creationTimestamp') };
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

import type { Address } from '../../ipam/address.ts';
import { readAllocationObject } from '../../ipam/kubernetes/allocation-object.ts';
import { listObjects } from '../../ipam/kubernetes/lists.ts';
import { allocationPath, allocationsPath } from '../../ipam/kubernetes/paths.ts';
import type { Allocation, Store } from '../../ipam/store.ts';
import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { isDamage } from './damage.ts';
import { sectionOf, textIn } from './lookup.ts';

/** An address that is held. */
export interface Holding {
  readonly allocation: Allocation;
  /** RFC 3339; empty where the store does not know. */
  readonly since: string;
}

/** Who holds what, in either store. */
export interface Holdings {
  /** A Failure says why its file cannot be read. */
  readonly get: (pool: string, address: Address) => Promise<Holding | Failure | undefined>;
  /** Of a pool, or of all; on a Node, or on all. What is not valid is left out. */
  readonly find: (where: { readonly pool?: string; readonly node?: string }) => Promise<readonly Holding[]>;
  /** Why files were left out of what has been found so far. */
  readonly problems: () => readonly Failure[];
}

export function holdingsInFiles(store: Store): Holdings {
  // The same file may be come across more than once.
  const problems = new Map<string, Failure>();
  return {
    get: async (pool, address) =>
      unlessFailed(
        async () => {
          const allocation = await store.get(pool, address);
          return allocation && { allocation, since: '' };
        },
        (failure) => failure,
      ),
    async find({ pool, node }) {
      const found: Holding[] = [];
      const filter = node === undefined ? {} : { node };
      await unlessFailed(
        async () => {
          for await (const allocation of store.find(filter, pool)) found.push({ allocation, since: '' });
        },
        (failure) => problems.set(failure.message, failure),
      );
      return found;
    },
    problems: () => [...problems.values()],
  };
}

async function unlessFailed<T, U>(read: () => Promise<T>, failed: (failure: Failure) => U): Promise<T | U> {
  try {
    return await read();
  } catch (error) {
    if (isDamage(error)) return failed(error);
    throw error;
  }
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
    problems: () => [],
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

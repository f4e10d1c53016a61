import { readAllocationObject } from '../ipam/kubernetes/allocation-object.ts';
import { allocationsPath } from '../ipam/kubernetes/paths.ts';
import type { Allocation } from '../ipam/store.ts';
import { messageOf } from '../system/failure.ts';
import type { JsonObject } from '../system/json-object.ts';
import type { Change, Collection } from '../kube/watch/kept.ts';
import { createIntern, type Intern } from './intern.ts';
import { watchCollection, type CollectionOptions } from '../kube/watch/watch.ts';

/**
 * All addresses that are held, in all pools; keys are the names of IPAllocations. `version` of each (`uid/resourceVersion`,
 * see splitVersion) is what a release compares.
 */
export interface Allocations extends Collection<Allocation> {
  readonly ofPool: (pool: string) => ReadonlySet<Allocation>;
}

/** Watches them. About 1 KB each. */
export function watchAllocations(
  options: Omit<CollectionOptions<Allocation>, 'path' | 'read' | 'metadataOnly'>,
): Allocations {
  const intern = createIntern();
  const read = (object: JsonObject): Allocation | undefined => {
    try {
      return compact(readAllocationObject(object).allocation, intern);
    } catch (error) {
      options.log('warn', 'passed over', { error: messageOf(error) });
      return undefined;
    }
  };
  return indexed(watchCollection({ ...options, path: allocationsPath, read }));
}

function indexed(collection: Collection<Allocation>): Allocations {
  const pools = createIndex();
  collection.onChange(pools.update);
  return { ...collection, ofPool: pools.get };
}

/** The same few names occur in thousands of them. */
function compact({ owner, ...rest }: Allocation, intern: Intern): Allocation {
  const { network, pod } = owner;
  return {
    ...rest,
    pool: intern(rest.pool),
    poolUID: intern(rest.poolUID),
    owner: {
      network: intern(network),
      pod: { ...pod, namespace: intern(pod.namespace), ifName: intern(pod.ifName), node: intern(pod.node) },
    },
  };
}

interface Index {
  readonly get: (pool: string) => ReadonlySet<Allocation>;
  readonly update: (change: Change<Allocation>) => void;
}

function createIndex(): Index {
  const sets = new Map<string, Set<Allocation>>();
  const remove = (allocation: Allocation): void => {
    const set = sets.get(allocation.pool);
    set?.delete(allocation);
    if (set?.size === 0) sets.delete(allocation.pool);
  };
  const add = (allocation: Allocation): void => {
    const set = sets.get(allocation.pool);
    if (set === undefined) sets.set(allocation.pool, new Set([allocation]));
    else set.add(allocation);
  };
  return {
    get: (pool) => sets.get(pool) ?? none,
    update: ({ before, after }) => {
      if (before !== undefined) remove(before);
      if (after !== undefined) add(after);
    },
  };
}

const none: ReadonlySet<Allocation> = new Set();

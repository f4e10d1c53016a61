import { readAllocationObject } from '../../ipam/kubernetes/allocation-object.ts';
import { readFreeRanges } from '../../ipam/kubernetes/free-ranges.ts';
import { allocationsPath, poolsPath } from '../../ipam/kubernetes/paths.ts';
import type { Interval } from '../../ipam/interval.ts';
import { readPool, type Pool } from '../../ipam/pool.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { versionOf, type Change, type Collection, type Versioned } from '../../kube/watch/kept.ts';
import { watchCollection, type CollectionOptions } from '../../kube/watch/watch.ts';

/** What the agent knows of pools and addresses without asking: what the API server said a moment ago. */
export interface View {
  /** Those that addresses can be taken from; keys are names. */
  readonly pools: Collection<KnownPool>;
  /** The addresses of a pool that this Node holds. */
  readonly heldHere: (pool: string) => ReadonlySet<bigint>;
  /** Whether both are known as they are now. */
  readonly synced: () => boolean;
  /** Why not; undefined: they are. */
  readonly problem: () => string | undefined;
}

export interface KnownPool extends Versioned {
  readonly pool: Pool;
  /** As the API server has it, without its status. */
  readonly object: JsonObject;
  readonly free: readonly Interval[];
}

interface Held extends Versioned {
  readonly pool: string;
  readonly address: bigint;
}

export interface WatchViewOptions extends Pick<
  CollectionOptions<Held>,
  'api' | 'signal' | 'log' | 'metrics' | 'clock'
> {
  readonly nodeName: string;
}

/**
 * Watches all pools, and of the allocations those of this Node only: if each Node watched all of them, the API server
 * would send each one 500 times in a cluster of 500.
 */
export function watchView({ nodeName, ...options }: WatchViewOptions): View {
  const pools = watchCollection({ ...options, path: poolsPath, read: readKnownPool });
  const allocations = watchCollection({
    ...options,
    path: allocationsPath,
    fieldSelector: `spec.owner.pod.node=${nodeName}`,
    read: readHeld,
  });
  const held = byPool();
  allocations.onChange(held.update);
  const problem = (): string | undefined => pools.problem() ?? allocations.problem();
  return { pools, heldHere: held.get, problem, synced: () => problem() === undefined };
}

/** undefined for what nothing can be taken from now: then the API server is asked, and says why. */
function readKnownPool(object: JsonObject): KnownPool | undefined {
  try {
    const pool = readPool(object);
    if (pool.deleting) return undefined;
    const { name, uid, generation } = pool;
    const told = { metadata: { name, uid, generation }, spec: object['spec'] };
    return { version: versionOf(object), pool, object: told, free: readFreeRanges(object, pool) };
  } catch {
    return undefined;
  }
}

/** One that is not valid is nobody's. */
function readHeld(object: JsonObject): Held | undefined {
  try {
    const { pool, address, version } = readAllocationObject(object).allocation;
    return { version, pool, address: address.value };
  } catch {
    return undefined;
  }
}

function byPool(): {
  readonly get: (pool: string) => ReadonlySet<bigint>;
  readonly update: (change: Change<Held>) => void;
} {
  const sets = new Map<string, Set<bigint>>();
  return {
    get: (pool) => sets.get(pool) ?? none,
    update: ({ before, after }) => {
      if (before !== undefined) sets.get(before.pool)?.delete(before.address);
      if (before !== undefined && sets.get(before.pool)?.size === 0) sets.delete(before.pool);
      if (after === undefined) return;
      const set = sets.get(after.pool) ?? new Set();
      sets.set(after.pool, set.add(after.address));
    },
  };
}

const none: ReadonlySet<bigint> = new Set();

import { poolsOverlap } from '../../ipam/pool-change.ts';
import type { Pool } from '../../ipam/pool.ts';

/** Which pools can give the same address on the same VLAN. */
export interface Overlaps {
  /** Names, in order. */
  readonly of: (name: string) => readonly string[];
  /**
   * The pool is new, changed, or gone (undefined).
   * @returns the names of others that this means something for
   */
  readonly set: (name: string, pool: Pool | undefined) => readonly string[];
}

/** Compares a pool with the others only when its spec changes. */
export function createOverlaps(): Overlaps {
  const pools = new Map<string, Pool>();
  const pairs = new Map<string, Set<string>>();
  const partnersOf = (name: string): Set<string> => {
    const known = pairs.get(name) ?? new Set();
    pairs.set(name, known);
    return known;
  };
  return {
    of: (name) => [...(pairs.get(name) ?? [])].toSorted(),
    set(name, pool) {
      const before = [...partnersOf(name)];
      for (const partner of before) partnersOf(partner).delete(name);
      pairs.delete(name);
      pools.delete(name);
      if (pool === undefined) return before;
      const partners = [...pools.values()].filter((other) => poolsOverlap(pool, other)).map((other) => other.name);
      pools.set(name, pool);
      pairs.set(name, new Set(partners));
      for (const partner of partners) partnersOf(partner).add(name);
      return [...new Set([...before, ...partners])];
    },
  };
}

import type { Allocation } from '../../ipam/store.ts';

/** Since when the Pods of addresses are known to be gone, by consistent reads. Milliseconds of the monotonic clock. */
export interface Sightings {
  readonly goneSince: (allocation: Allocation) => number | undefined;
  /** The first one counts. */
  readonly add: (allocation: Allocation, now: number) => void;
  readonly drop: (allocation: Allocation) => void;
  /** Forgets all that are not among these. */
  readonly keepOnly: (allocations: readonly Allocation[]) => void;
  readonly count: () => number;
}

/** In memory only: a controller that starts has seen nothing yet. */
export function createSightings(): Sightings {
  let seen = new Map<string, number>();
  return {
    goneSince: (allocation) => seen.get(keyOf(allocation)),
    add(allocation, now) {
      const key = keyOf(allocation);
      if (!seen.has(key)) seen.set(key, now);
    },
    drop: (allocation) => void seen.delete(keyOf(allocation)),
    keepOnly(allocations) {
      const kept = new Map<string, number>();
      for (const key of allocations.map(keyOf)) {
        const since = seen.get(key);
        if (since !== undefined) kept.set(key, since);
      }
      seen = kept;
    },
    count: () => seen.size,
  };
}

/** This very object in this very state: a change of it may be one of the owner. */
function keyOf({ version }: Allocation): string {
  return version;
}

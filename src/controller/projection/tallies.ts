import type { Allocation } from '../../ipam/store.ts';
import type { Allocations } from '../allocations.ts';
import type { Change } from '../../kube/watch/kept.ts';
import type { Metrics } from '../metrics.ts';
import type { Pools, PoolState } from '../pools.ts';
import { createOverlaps } from './overlaps.ts';
import { createTally, type Tally } from './tally.ts';

/** What is held of every pool, kept up from the start on, so that whoever comes to lead has it already. */
export interface Tallies {
  /** undefined for a pool that is not valid, or not there. */
  readonly get: (pool: string) => Tally | undefined;
  readonly overlapsOf: (pool: string) => readonly string[];
  /** Calls `listener` with the name of each pool of which something has changed; what it returns ends that. */
  readonly onChange: (listener: (pool: string) => void) => () => void;
}

export function keepTallies({
  pools,
  allocations,
}: {
  readonly pools: Pools;
  readonly allocations: Allocations;
}): Tallies {
  const tallies = new Map<string, Tally>();
  const overlaps = createOverlaps();
  const listeners = new Set<(pool: string) => void>();
  const tell = (pool: string): void => listeners.forEach((listener) => listener(pool));
  const renew = (name: string, state: PoolState | undefined): void => {
    const pool = state?.pool;
    tallies.delete(name);
    if (pool !== undefined) tallies.set(name, tallyOf(pool, allocations.ofPool(name)));
    // A pool that is being deleted gives no addresses any more.
    overlaps.set(name, pool?.deleting === true ? undefined : pool).forEach(tell);
  };
  pools.onChange(({ before, after }) => {
    const name = after?.name ?? before?.name ?? '';
    if (!sameSpec(before, after)) renew(name, after);
    tell(name);
  });
  allocations.onChange((change) => {
    for (const pool of count(change, tallies)) tell(pool);
  });
  return {
    get: (pool) => tallies.get(pool),
    overlapsOf: overlaps.of,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Shows the figures of all pools to Prometheus, when it asks. */
export function measure(
  tallies: Tallies,
  { pools, metrics }: { readonly pools: Pools; readonly metrics: Metrics },
): void {
  tallies.onChange((pool) => {
    if (pools.get(pool) === undefined) metrics.removePool(pool);
  });
  metrics.beforeRead(() => {
    for (const { name } of pools.values()) {
      const { used, total, free } = tallies.get(name)?.figures() ?? { used: 0, total: 0, free: 0 };
      metrics.setPool({ name, used, total: Number(total), free: Number(free) });
    }
  });
}

function tallyOf(pool: Tally['pool'], held: ReadonlySet<Allocation>): Tally {
  const tally = createTally(pool);
  for (const { address } of held) tally.add(address);
  return tally;
}

function sameSpec(a: PoolState | undefined, b: PoolState | undefined): boolean {
  return (
    a?.pool !== undefined &&
    a.uid === b?.uid &&
    a.pool.generation === b.pool?.generation &&
    a.pool.deleting === b.pool.deleting
  );
}

/** An allocation never changes its pool or address; another one of the same name may take its place unseen. */
function count({ before, after }: Change<Allocation>, tallies: ReadonlyMap<string, Tally>): ReadonlySet<string> {
  const pools = new Set<string>();
  if (before !== undefined) {
    tallies.get(before.pool)?.remove(before.address);
    pools.add(before.pool);
  }
  if (after !== undefined) {
    tallies.get(after.pool)?.add(after.address);
    pools.add(after.pool);
  }
  return pools;
}

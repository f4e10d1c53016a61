import { formatAddress } from '../../ipam/address.ts';
import { inRanges } from '../../ipam/allocatable.ts';
import { inParallel } from '../in-parallel.ts';
import type { PoolState } from '../pools.ts';
import { allocationFor, type FoundPod } from './allocation.ts';
import { readEntries, type Entry, type EntryPod } from './entries.ts';

export interface Adopting {
  /** undefined: the API has no such Pod, or it runs nowhere. Throws Failure. */
  readonly findPod: (pod: EntryPod) => Promise<FoundPod | undefined>;
  /** What stands in the way for good, after the address; undefined: it is held now, for this entry. Throws Failure. */
  readonly create: (allocation: object, entry: Entry) => Promise<string | undefined>;
  readonly signal: AbortSignal;
}

export interface Adopted {
  /** Addresses that are held now, for an entry each. */
  readonly count: number;
  /** Of these, kept for a StatefulSet. */
  readonly reserved: number;
  /** What was not taken over, and what people should look at: in sentences. */
  readonly problems: readonly string[];
}

/**
 * Makes an IPAllocation of every entry in the status of a pool, unless there is one. May be begun anew at any time.
 * @throws what the API server answers but to this entry alone: then nothing is settled
 */
export async function adoptEntries(pool: PoolState, { findPod, create, signal }: Adopting): Promise<Adopted> {
  const { entries, problems } = readEntries(pool.status);
  const obstacles = new Map<Entry, string | undefined>();
  const [error] = await inParallel(entries, {
    limit: 16,
    signal,
    async work(entry) {
      const found = entry.pod && (await findPod(entry.pod));
      obstacles.set(entry, await create(allocationFor(pool, entry, found), entry));
    },
  });
  if (error !== undefined) throw error;
  const held = entries.filter((entry) => obstacles.has(entry) && obstacles.get(entry) === undefined);
  return {
    count: held.length,
    reserved: held.filter(({ phase }) => phase === 'Reserved').length,
    problems: [...problems, ...entries.flatMap((entry) => remarkOn(pool, entry, obstacles.get(entry)) ?? [])],
  };
}

/** An address outside of the ranges is taken over nevertheless: a range may be added that has it. */
function remarkOn({ pool }: PoolState, { address }: Entry, obstacle: string | undefined): string | undefined {
  const written = formatAddress(address);
  if (obstacle !== undefined) return `${written} ${obstacle}`;
  return pool === undefined || inRanges(pool, address) ? undefined : `${written} lies in no range of the pool`;
}

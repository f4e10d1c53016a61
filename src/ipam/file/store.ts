import fs from 'node:fs';

import { Failure, messageOf } from '../../system/failure.ts';
import type { Address } from '../address.ts';
import { checkPoolName, readPool } from '../pool.ts';
import type { Pool } from '../pool.ts';
import type { Allocation, CreateOutcome, Owner, ReleaseOutcome, Store } from '../store.ts';
import { encodeAllocation, readAllocation } from './allocation-file.ts';
import { claim, claimant, discard, prepareClaim, releaseClaim } from './claim.ts';
import type { Prepared } from './claim.ts';
import { withPath } from './files.ts';
import { findAllocations } from './find.ts';
import { freeAddresses, unmarkAddress } from './free.ts';
import { addressDir, fullDir, poolAllocationsDir } from './paths.ts';
import { objectOfStored, readPoolFile } from './pool-file.ts';

/**
 * The store in files below `dataDir`, for one Node without a cluster: no daemon, no lock, any number
 * of processes at once. See claim.ts for why no address is lost or given twice.
 *
 * A record is on disk before its address is claimed. The claim itself is not flushed: a power cut
 * may undo the newest claims, and it ends every sandbox with them.
 */
export function createFileStore({ dataDir }: { readonly dataDir: string }): Store {
  const context: Context = { dataDir, searches: 0, spare: undefined };
  return {
    async readPool(name) {
      return withPath(dataDir, () => readUsablePool(dataDir, name));
    },
    candidates: (pool) => search(context, pool),
    async create(pool, address, owner) {
      return withPath(dataDir, () => create(context, { pool, address, owner }));
    },
    async get(pool, address) {
      const name = checkPoolName({ path: 'pool', value: pool });
      return withPath(dataDir, () => readAllocation({ dataDir, pool: name, address }));
    },
    async release(allocation) {
      return withPath(dataDir, () => release(dataDir, allocation));
    },
    async *find(filter, pool) {
      const only = pool === undefined ? undefined : checkPoolName({ path: 'pool', value: pool });
      yield* guarded(dataDir, findAllocations({ dataDir, filter, pool: only }));
    },
  };
}

interface Context {
  readonly dataDir: string;
  /** How many callers are in the middle of `candidates`. */
  searches: number;
  /** What lost its claim while somebody searches: it serves the next candidate without another flush. */
  spare: { readonly text: string; readonly prepared: Prepared } | undefined;
}

function readUsablePool(dataDir: string, name: string): Pool {
  const stored = readPoolFile(dataDir, checkPoolName({ path: 'pool', value: name }));
  if (stored === undefined) {
    throw new Failure(
      'ipam',
      `pool ${name} does not exist in ${dataDir}: expected one made with \`antrea ippool apply\``,
    );
  }
  const pool = readStored(objectOfStored(stored));
  if (pool.deleting) throw beingDeleted(name);
  return pool;
}

function readStored(object: unknown): Pool {
  try {
    return readPool(object);
  } catch (error) {
    throw new Failure('ipam', `the stored pool is not valid: ${messageOf(error)}`, { cause: error });
  }
}

async function* search(context: Context, pool: Pool): AsyncGenerator<Address, void> {
  const { dataDir } = context;
  context.searches += 1;
  try {
    yield* guarded(dataDir, freeAddresses(dataDir, pool));
  } finally {
    context.searches -= 1;
    if (context.searches === 0) withPath(dataDir, () => dropSpare(context));
  }
}

function* guarded<T>(dataDir: string, found: Generator<T, void>): Generator<T, void> {
  for (;;) {
    const next = withPath(dataDir, () => found.next());
    if (next.done === true) return;
    yield next.value;
  }
}

interface Wish {
  readonly pool: Pool;
  readonly address: Address;
  readonly owner: Owner;
}

function create(context: Context, wish: Wish): CreateOutcome {
  const { dataDir } = context;
  const { pool, address, owner } = wish;
  const path = addressDir(poolAllocationsDir(dataDir, pool.name), address);
  const text = encodeAllocation(pool.uid, owner);
  const prepared = takeSpare(context, text) ?? prepareClaim(dataDir, text);
  for (;;) {
    if (claim(prepared, path)) {
      keepOnlyInLivingPool(dataDir, wish, { path, id: prepared.id });
      const allocation: Allocation = {
        pool: pool.name,
        poolUID: pool.uid,
        address,
        phase: 'Allocated',
        owner,
        version: prepared.id,
      };
      return { created: true, allocation };
    }
    const existing = readOrDiscard(context, { wish, prepared });
    if (existing === undefined) continue;
    if (context.searches > 0) context.spare = { text, prepared };
    else discard(prepared);
    return { created: false, allocation: existing };
  }
}

/** Reads who was faster; undefined if they have released it already. */
function readOrDiscard(
  { dataDir }: Context,
  { wish, prepared }: { wish: Wish; prepared: Prepared },
): Allocation | undefined {
  try {
    return readAllocation({ dataDir, pool: wish.pool.name, address: wish.address });
  } catch (error) {
    discard(prepared);
    throw error;
  }
}

/**
 * Deleting a pool marks it first and looks for allocations then; allocating claims first and looks
 * for the mark then. So one of both sees the other.
 */
function keepOnlyInLivingPool(dataDir: string, { pool }: Wish, claimed: { path: string; id: string }): void {
  try {
    const stored = readPoolFile(dataDir, pool.name);
    if (stored?.uid !== pool.uid || stored.deletionTimestamp !== undefined) throw beingDeleted(pool.name);
  } catch (error) {
    releaseClaim(claimed.path, claimed.id);
    throw error;
  }
}

function takeSpare(context: Context, text: string): Prepared | undefined {
  if (context.spare?.text !== text) return undefined;
  const { prepared } = context.spare;
  context.spare = undefined;
  return prepared;
}

function dropSpare(context: Context): void {
  if (context.spare !== undefined) discard(context.spare.prepared);
  context.spare = undefined;
}

function release(dataDir: string, { pool, address, version }: Allocation): ReleaseOutcome {
  const path = addressDir(poolAllocationsDir(dataDir, pool), address);
  if (!releaseClaim(path, version)) return claimant(path) === undefined ? 'absent' : 'changed';
  if (fs.existsSync(fullDir(dataDir, pool))) unmark(dataDir, { pool, address });
  return 'released';
}

function unmark(dataDir: string, { pool, address }: Pick<Allocation, 'pool' | 'address'>): void {
  try {
    const stored = readPoolFile(dataDir, pool);
    if (stored !== undefined) unmarkAddress(dataDir, readPool(objectOfStored(stored)), address);
  } catch {
    // The address is released. Markers are hints, and a wrong one is put right before it does harm.
  }
}

function beingDeleted(name: string): Failure {
  return new Failure('ipam', `pool ${name} is being deleted: expected one that stays`);
}

import { Failure, messageOf } from '../system/failure.ts';
import { formatAddress } from './address.ts';
import { sameOwner } from './owner.ts';
import { checkPoolName } from './pool.ts';
import type { HeldAddress } from './request.ts';
import type { Allocation, Owner, OwnerFilter, Store } from './store.ts';

/**
 * Releases those of the addresses that the owner still holds; what is free or somebody else's by now
 * is done already. Tries every one, whatever happens to the others. Returns what was released.
 * @throws Failure of the first problem's kind, with the others in `details`
 */
export async function releaseHeld(request: {
  readonly store: Store;
  readonly owner: Owner;
  readonly held: readonly HeldAddress[];
}): Promise<readonly Allocation[]> {
  const { store, owner, held } = request;
  const attempt = attemptWith(store);
  for (const one of held) {
    await attempt.run(
      nameOf(one),
      async () => noted(one, owner),
      async () => {
        const allocation = await store.get(one.pool, one.address);
        return allocation !== undefined && sameOwner(allocation.owner, owner) ? allocation : undefined;
      },
    );
  }
  return attempt.finish();
}

/** The allocation as the owner made it: its version tells it from every other one. */
function noted({ pool, address, version }: HeldAddress, owner: Owner): Allocation | undefined {
  if (version === undefined) return undefined;
  const name = checkPoolName({ path: 'pool', value: pool });
  return { pool: name, poolUID: '', address, phase: 'Allocated', owner, version };
}

/**
 * Releases these very allocations, such as those that an ADD which is undone has created.
 * @throws as `releaseHeld`
 */
export async function releaseAll(store: Store, allocations: readonly Allocation[]): Promise<readonly Allocation[]> {
  const attempt = attemptWith(store);
  for (const allocation of allocations) await attempt.run(nameOf(allocation), async () => allocation);
  return attempt.finish();
}

/**
 * Looks through pools for all that matches, and releases it: for repair, as where an ADD was killed
 * before it could note what it created. Without `pools`: through all of them.
 * @throws as `releaseHeld`
 */
export async function releaseFound(request: {
  readonly store: Store;
  readonly filter: OwnerFilter;
  readonly pools?: readonly string[];
  /** Whether to release a match; without it, all. */
  readonly isGarbage?: (allocation: Allocation) => boolean;
}): Promise<readonly Allocation[]> {
  const { store, filter, pools, isGarbage } = request;
  const attempt = attemptWith(store);
  for (const pool of pools ?? [undefined]) {
    const found: Allocation[] = [];
    // What was found before the search failed is released all the same.
    await attempt.run(pool === undefined ? 'the pools' : `pool ${pool}`, async () => {
      for await (const allocation of store.find(filter, pool)) found.push(allocation);
      return undefined;
    });
    for (const allocation of found) {
      if (isGarbage?.(allocation) === false) continue;
      await attempt.run(nameOf(allocation), async () => allocation);
    }
  }
  return attempt.finish();
}

interface Attempt {
  /** Releases what is found first, and if that is somebody else's by now, what is found next. */
  run(what: string, ...finds: readonly (() => Promise<Allocation | undefined>)[]): Promise<void>;
  finish(): readonly Allocation[];
}

function attemptWith(store: Store): Attempt {
  const released: Allocation[] = [];
  const problems: { readonly what: string; readonly error: unknown }[] = [];
  return {
    async run(what, ...finds) {
      try {
        for (const find of finds) {
          const allocation = await find();
          const outcome = allocation === undefined ? 'changed' : await store.release(allocation);
          if (allocation !== undefined && outcome === 'released') released.push(allocation);
          if (outcome !== 'changed') return;
        }
      } catch (error) {
        problems.push({ what, error });
      }
    },
    finish() {
      const [first] = problems;
      if (first === undefined) return released;
      const lines = problems.map(({ what, error }) => `${what} could not be released: ${messageOf(error)}`);
      const kind = first.error instanceof Failure ? first.error.kind : 'io';
      throw new Failure(kind, lines[0] ?? '', { details: lines.slice(1).join('\n'), cause: first.error });
    },
  };
}

function nameOf({ pool, address }: HeldAddress): string {
  return `${formatAddress(address)} of pool ${pool}`;
}

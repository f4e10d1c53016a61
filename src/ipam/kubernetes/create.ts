import type { KubeAnswer } from '../../kube/client.ts';
import { UnknownOutcome } from '../../kube/unknown-outcome.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import { formatAddress, type Address } from '../address.ts';
import { Leftover } from '../leftover.ts';
import type { Pool } from '../pool.ts';
import type { Allocation, CreateOutcome, Owner, UnconfirmedOutcome } from '../store.ts';
import { encodeAllocation, readAllocationObject } from './allocation-object.ts';
import { checkNamespace } from './namespace.ts';
import { allocationsPath } from './paths.ts';
import { beingDeleted, factsOf, type Context } from './pool.ts';
import { readAllocation, releaseAllocation } from './release.ts';

export interface Wish {
  readonly pool: Pool;
  readonly address: Address;
  readonly owner: Owner;
  /** As attemptName() gives it; by default a new one. */
  readonly attempt?: string;
  /** Whether somebody else may have created it in this very attempt. */
  readonly mayBeDone?: boolean;
}

/** How often an address may be taken when we create it, and free when we look who has it. */
const maxRounds = 8;

/** As Store.create: what turns out not to count is taken back. */
export async function create(context: Context, wish: Wish): Promise<CreateOutcome> {
  const { confirmed, ...outcome } = await createUnconfirmed(context, wish);
  try {
    await confirmed;
    return outcome;
  } catch (error) {
    throw await takenBack(context, outcome.allocation, error);
  }
}

/**
 * A create whose answer was lost is sent again, and finds its own work: then this call has made it. After every other
 * 409, the owner tells whose it is. Whether the pool is still there is asked behind it, without waiting for the answer.
 */
export async function createUnconfirmed(context: Context, wish: Wish): Promise<UnconfirmedOutcome> {
  const { client, chance } = context;
  const { pool, address, owner } = wish;
  await checkNamespace(client, pool, owner);
  factsOf(context, pool).tried = address;
  const attempt = wish.attempt ?? attemptName(chance);
  const body = encodeAllocation(pool, { address, owner, attempt });
  let mayBeOurs = wish.mayBeDone === true;
  for (let round = 0; round < maxRounds; round++) {
    const answer: KubeAnswer = await orLeftover(mayBeOurs, () =>
      client.send({ method: 'POST', path: allocationsPath, body, expect: [409] }),
    );
    if (answer.status !== 409) return unconfirmed(context, wish, readAllocationObject(answer.body).allocation);
    mayBeOurs ||= answer.uncertain;
    const found = await orLeftover(mayBeOurs, () => readAllocation(client, pool.name, address));
    if (found === undefined) continue;
    if (found.attempt === attempt) return unconfirmed(context, wish, found.allocation);
    return { created: false, allocation: found.allocation };
  }
  throw new Failure(
    'unavailable',
    `${formatAddress(address)} of pool ${pool.name} changes hands again and again: try again later`,
  );
}

async function orLeftover<T>(mayBeOurs: boolean, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof Failure && (mayBeOurs || error instanceof UnknownOutcome)) throw new Leftover(error);
    throw error;
  }
}

function unconfirmed(context: Context, { pool }: Wish, allocation: Allocation): UnconfirmedOutcome {
  const confirmed = confirm(context, pool);
  // Nobody has to wait for it.
  confirmed.catch(() => {});
  return { created: true, allocation, confirmed };
}

/**
 * Deleting a pool marks it first and looks for allocations then; allocating creates first and looks for the mark then.
 * So one of both sees the other.
 */
async function confirm(context: Context, pool: Pool): Promise<void> {
  const { uid } = await context.readLiving(pool.name);
  if (uid !== pool.uid) throw beingDeleted(pool.name);
}

async function takenBack({ client }: Context, allocation: Allocation, error: unknown): Promise<unknown> {
  try {
    await releaseAllocation(client, allocation);
    return error;
  } catch (problem) {
    const { kind, message } = error instanceof Failure ? error : { kind: 'unavailable' as const, message: '' };
    return new Leftover(new Failure(kind, message, { details: messageOf(problem), cause: error }));
  }
}

/** What tells one call of create() from every other one. @param chance 0 to 1 */
export function attemptName(chance: () => number): string {
  return Array.from({ length: 4 }, () =>
    Math.floor(chance() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
}

import { Failure, messageOf } from '../system/failure.ts';
import { sameAddress } from './address.ts';
import type { Address } from './address.ts';
import { poolTotal } from './allocatable.ts';
import { Leftover } from './leftover.ts';
import { describeAllocation, sameOwner } from './owner.ts';
import { assignedFrom, planOf } from './plan.ts';
import type { AssignedAddress, Step } from './plan.ts';
import type { Pool } from './pool.ts';
import { releaseAll } from './release.ts';
import { checkRequest, commonVLAN } from './request.ts';
import type { AllocateRequest } from './request.ts';
import type { Allocation, UnconfirmedOutcome } from './store.ts';

export interface AllocateResult {
  /** Those of the pools in the order of the pools, then the static ones in theirs. */
  readonly ips: readonly AssignedAddress[];
  /** Of the pools: 0 is untagged, undefined if there is none. */
  readonly vlan: number | undefined;
  /** All that the owner holds for this request. */
  readonly allocations: readonly Allocation[];
  /** Those of `allocations` that this very call made: what an undo may take back. */
  readonly created: readonly Allocation[];
}

/**
 * Gives an attachment one address of each pool, or the requested ones of it, and its static ones.
 * Asking again for the same owner gives the same addresses, if `known` names them. If it fails, what
 * this very call has created is released; what an earlier one did stays.
 *
 * @throws Failure `config` (the request makes no sense), `ipam` (exhausted, held by somebody else,
 * reserved, no such pool), `unavailable` or `io` (the store)
 */
export async function allocate(request: AllocateRequest): Promise<AllocateResult> {
  checkRequest(request);
  const pools = await Promise.all(request.pools.map((name) => request.store.readPool(name)));
  const vlan = request.vlanMatters === false ? undefined : commonVLAN(pools);
  const steps = planOf(request, pools);
  const work: Work = { request, steps, allocations: [], created: [], exhausted: [], announced: false };
  try {
    const ips: AssignedAddress[] = [];
    for (const step of steps) {
      const assigned = await serve(work, step);
      if (assigned !== undefined) ips.push(assigned);
    }
    refuseExhausted(work);
    return { ips, vlan, allocations: work.allocations, created: work.created };
  } catch (error) {
    throw await undone(work, error);
  }
}

interface Work {
  readonly request: AllocateRequest;
  readonly steps: readonly Step[];
  readonly allocations: Allocation[];
  readonly created: Allocation[];
  readonly exhausted: Pool[];
  announced: boolean;
}

/** Undefined: the pool is exhausted. */
async function serve(work: Work, step: Step): Promise<AssignedAddress | undefined> {
  if (step.kind === 'unmanaged') return step.assigned;
  if (step.kind === 'next') return serveNext(work, step.pool);
  const { pool, assigned } = step;
  const { address } = assigned;
  const held = (await knownIn(work, pool, address)) ?? (await tryCreate(work, pool, address));
  if (!sameOwner(held.owner, work.request.owner)) {
    throw new Failure(
      'ipam',
      `address ${describeAllocation(held)} is not free: expected another address, or that one released`,
    );
  }
  work.allocations.push(held);
  return assigned;
}

async function serveNext(work: Work, pool: Pool): Promise<AssignedAddress | undefined> {
  const held = (await knownIn(work, pool)) ?? (await firstFree(work, pool));
  if (held === undefined) {
    work.exhausted.push(pool);
    return undefined;
  }
  work.allocations.push(held);
  return assignedFrom(pool, held.address);
}

/** What the journal knows of the pool (that address, or any which no other step is about), if the store agrees. */
async function knownIn(work: Work, pool: Pool, address?: Address): Promise<Allocation | undefined> {
  const { store, owner, known } = work.request;
  for (const held of known) {
    const fits = address === undefined ? !isSpokenFor(work, held.address) : sameAddress(held.address, address);
    if (held.pool !== pool.name || !fits) continue;
    const allocation = await store.get(pool.name, held.address);
    if (allocation !== undefined && sameOwner(allocation.owner, owner)) return allocation;
  }
  return undefined;
}

async function firstFree(work: Work, pool: Pool): Promise<Allocation | undefined> {
  for await (const address of work.request.store.candidates(pool)) {
    if (isSpokenFor(work, address)) continue;
    const held = await tryCreate(work, pool, address);
    if (sameOwner(held.owner, work.request.owner)) return held;
  }
  return undefined;
}

/** Whether a step asks for this very address, so that no other may take it. */
function isSpokenFor({ steps }: Work, address: Address): boolean {
  return steps.some((step) => step.kind === 'claim' && sameAddress(step.assigned.address, address));
}

/** Who holds the address now: the owner, or whoever was faster. */
async function tryCreate(work: Work, pool: Pool, address: Address): Promise<Allocation> {
  const { store, owner, pools, onIntent, onUnconfirmed } = work.request;
  if (!work.announced) {
    work.announced = true;
    await onIntent?.(pools);
  }
  const outcome = onUnconfirmed && (await store.createUnconfirmed?.(pool, address, owner));
  const { created, allocation, confirmed }: UnconfirmedOutcome = outcome ?? (await store.create(pool, address, owner));
  if (created) work.created.push(allocation);
  if (confirmed !== undefined) onUnconfirmed?.(confirmed);
  return allocation;
}

/** An exhausted pool does not matter if another one of its family has given an address. */
function refuseExhausted({ steps, exhausted }: Work): void {
  const served = steps.flatMap((step) => {
    if (step.kind === 'unmanaged') return [];
    const counts = step.kind === 'next' ? !exhausted.includes(step.pool) : !step.isStatic;
    return counts ? [step.pool.family] : [];
  });
  const lacking = exhausted.filter(({ family }) => !served.includes(family));
  if (lacking.length === 0) return;
  const families = Array.from(new Set(lacking.map(({ family }) => `IPv${family}`))).join(' and no ');
  const pools = lacking.map((pool) => `${pool.name} (all ${poolTotal(pool)} addresses are held)`).join(', ');
  throw new Failure(
    'ipam',
    `no ${families} address is free: exhausted ${lacking.length === 1 ? 'pool' : 'pools'} ${pools}; expected a pool with free addresses, so extend one or add another`,
  );
}

/** Releases what this call has created; returns the error that is to be thrown. */
async function undone({ request, created }: Work, error: unknown): Promise<unknown> {
  try {
    await releaseAll(request.store, created.toReversed());
    return error;
  } catch (problem) {
    const kind = error instanceof Failure ? error.kind : 'io';
    return new Leftover(new Failure(kind, messageOf(error), { details: messageOf(problem), cause: error }));
  }
}

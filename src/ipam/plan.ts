import { Failure } from '../system/failure.ts';
import { formatAddress } from './address.ts';
import type { Address } from './address.ts';
import { inRanges, reservedBecause } from './allocatable.ts';
import type { Pool } from './pool.ts';
import type { AllocateRequest, RequestedAddress } from './request.ts';

/** An address that the interface gets. */
export interface AssignedAddress {
  readonly address: Address;
  readonly prefixLength: number;
  readonly gateway: Address | undefined;
  /** The pool that it is held in; undefined for a static address outside all of them. */
  readonly pool: string | undefined;
}

/** What is to be done for an attachment, in the order of the result. */
export type Step =
  /** Any free address of the pool. */
  | { readonly kind: 'next'; readonly pool: Pool }
  /** This very address of the pool. `isStatic`: it comes on top of the pool's own one. */
  | { readonly kind: 'claim'; readonly pool: Pool; readonly assigned: AssignedAddress; readonly isStatic: boolean }
  /** A static address that no listed pool has: held nowhere. */
  | { readonly kind: 'unmanaged'; readonly assigned: AssignedAddress };

/**
 * First what the pools give, in their order, then the static addresses in theirs.
 * @throws Failure `ipam` for an address that is reserved, or requested and in no pool
 */
export function planOf(
  { addresses, requested }: Pick<AllocateRequest, 'addresses' | 'requested'>,
  pools: readonly Pool[],
): Step[] {
  const claims = requested.map((one) => claimOf(one, pools));
  const fromPools = pools.flatMap((pool): Step[] => {
    const own = claims.filter((claim) => claim.pool === pool);
    return own.length > 0 ? own : [{ kind: 'next', pool }];
  });
  const fromConf = addresses.map(({ address, prefixLength, gateway }): Step => {
    const pool = poolWith(address, pools);
    const assigned = { address, prefixLength, gateway, pool: pool?.name };
    return pool === undefined ? { kind: 'unmanaged', assigned } : { kind: 'claim', pool, assigned, isStatic: true };
  });
  return [...fromPools, ...fromConf];
}

/** The address as the pool gives it. */
export function assignedFrom(pool: Pool, address: Address): AssignedAddress {
  return { address, prefixLength: pool.prefixLength, gateway: pool.gateway, pool: pool.name };
}

function claimOf({ address, prefixLength }: RequestedAddress, pools: readonly Pool[]): Step & { kind: 'claim' } {
  const pool = poolWith(address, pools);
  const written = formatAddress(address);
  if (pool === undefined) {
    const names = pools.map(({ name }) => name).join(', ');
    throw new Failure(
      'ipam',
      `requested address ${written} lies in no range of the listed pools (${names || 'none'}): expected one of their addresses`,
    );
  }
  if (prefixLength !== undefined && prefixLength !== pool.prefixLength) {
    throw new Failure(
      'ipam',
      `requested address ${written} has the prefix length ${prefixLength}, and pool ${pool.name} has ${pool.prefixLength}: expected ${pool.prefixLength} or none`,
    );
  }
  return { kind: 'claim', pool, assigned: assignedFrom(pool, address), isStatic: false };
}

function poolWith(address: Address, pools: readonly Pool[]): Pool | undefined {
  const pool = pools.find((one) => inRanges(one, address));
  const because = pool && reservedBecause(pool, address);
  if (pool === undefined || because === undefined) return pool;
  throw new Failure(
    'ipam',
    `address ${formatAddress(address)} of pool ${pool.name} is reserved: ${because}; expected another address`,
  );
}

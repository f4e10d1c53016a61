import { compareAddresses, formatAddress, formatAddressForName } from '../../ipam/address.ts';
import type { PoolObject } from '../../ipam/pool-admin.ts';
import type { Allocation, Store } from '../../ipam/store.ts';
import { Failure } from '../../system/failure.ts';

export interface Holders {
  /** By pool, and by address in each. */
  readonly holders: readonly Allocation[];
  /** Why some could not be read. */
  readonly problems: readonly Failure[];
}

export async function findHolders(store: Store, pools: readonly PoolObject[]): Promise<Holders> {
  const found = await Promise.all(pools.map(({ metadata }) => holdersOf(store, metadata.name)));
  return {
    holders: found.flatMap(({ holders }) => holders.toSorted((a, b) => compareAddresses(a.address, b.address))),
    problems: found.flatMap(({ problems }) => problems),
  };
}

/** As the Kubernetes API would give them. */
export function holderObjects(holders: readonly Allocation[]): readonly object[] {
  return holders.map(({ pool, poolUID, address, phase, owner }) => ({
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'IPAllocation',
    metadata: { name: `${pool}.${formatAddressForName(address)}` },
    spec: { pool, poolUID, address: formatAddress(address), phase, owner },
  }));
}

async function holdersOf(store: Store, pool: string): Promise<Holders> {
  const holders: Allocation[] = [];
  try {
    for await (const allocation of store.find({}, pool)) holders.push(allocation);
    return { holders, problems: [] };
  } catch (error) {
    if (error instanceof Failure) return { holders, problems: [error] };
    throw error;
  }
}

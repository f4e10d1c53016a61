import { formatAddressForName, type Address } from '../address.ts';

const group = '/apis/crd.antrea.io/v1beta1';

/** Keeps a pool that is deleted until the last of its addresses is released. */
export const poolFinalizer = 'crd.antrea.io/ipallocations';

export const poolsPath = `${group}/ippools`;
export const allocationsPath = `${group}/ipallocations`;

/** @param name as checkPoolName() accepts it: nothing in it needs to be encoded */
export function poolPath(name: string): string {
  return `${poolsPath}/${name}`;
}

export function allocationPath(pool: string, address: Address): string {
  return `${allocationsPath}/${allocationName(pool, address)}`;
}

/** The name is what makes two allocations of one address impossible. */
export function allocationName(pool: string, address: Address): string {
  return `${pool}.${formatAddressForName(address)}`;
}

export function namespacePath(name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(name)}`;
}

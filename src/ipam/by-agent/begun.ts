import type { Begun } from '../../agent-protocol/begun.ts';
import { sameAddress, type Address } from '../address.ts';
import { readAddress } from './address.ts';

/** A create that the agent has begun in a pool, for the attachment that asks. */
export interface BegunAddress {
  readonly address: Address;
  readonly attempt: string;
}

/** @param all those of the attachment */
export function begunIn(all: readonly Begun[], pool: string): BegunAddress | undefined {
  const found = all.find((one) => one.pool === pool);
  const address = readAddress(found?.address);
  return found && address && { address, attempt: found.attempt };
}

export function isOf(begun: BegunAddress | undefined, address: Address): begun is BegunAddress {
  return begun !== undefined && sameAddress(begun.address, address);
}

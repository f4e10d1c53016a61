import { sameAddress } from './address.ts';
import type { Address } from './address.ts';
import { byFirst, intervalContains, sizeOf, subtract } from './interval.ts';
import type { Interval } from './interval.ts';
import type { Pool } from './pool.ts';
import { firstOf, formatPrefix, isPointToPoint, lastOf } from './prefix.ts';
import type { Prefix } from './prefix.ts';

/** What may be allocated: the ranges in their order, without what is reserved. Each interval is not empty. */
export function poolIntervals(pool: Pool): Interval[] {
  const holes = reservations(pool)
    .map(({ interval }) => interval)
    .toSorted(byFirst);
  return pool.ranges.flatMap((range) =>
    subtract({ first: range.skipsFirst ? range.first + 1n : range.first, last: range.last }, holes),
  );
}

/** How many addresses may be allocated, held ones included: up to 2^127. */
export function poolTotal(pool: Pool): bigint {
  return sizeOf(poolIntervals(pool));
}

/** A number of addresses as JSON, and the API server's integers, can hold it: 2^53−1 where it is more. */
export function saturated(count: bigint): number {
  return count > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(count);
}

/** Whether the address lies in a range, reserved or not. */
export function inRanges(pool: Pool, address: Address): boolean {
  return address.family === pool.family && pool.ranges.some((range) => intervalContains(range, address.value));
}

/**
 * Why an address of the ranges is never allocated, to be read after "is reserved: ", such as
 * `it is the gateway of the pool`; undefined if it may be allocated, or lies in no range.
 */
export function reservedBecause(pool: Pool, address: Address): string | undefined {
  if (!inRanges(pool, address)) return undefined;
  const reservation = reservations(pool).find(({ interval }) => intervalContains(interval, address.value));
  if (reservation !== undefined) return reservation.because;
  const base = pool.ranges.find((range) => range.skipsFirst && range.first === address.value);
  return base === undefined ? undefined : `it is the first address of the range ${base.text}, which is never used`;
}

/** The subnet of the pool, its address being the gateway. */
export function subnetOf(pool: Pool): Prefix {
  return { address: pool.gateway, length: pool.prefixLength };
}

interface Reservation {
  readonly interval: Interval;
  readonly because: string;
}

function reservations(pool: Pool): Reservation[] {
  const subnet = subnetOf(pool);
  const reserved: Reservation[] = [{ interval: single(pool.gateway), because: 'it is the gateway of the pool' }];
  if (pool.family === 4 && !isPointToPoint(subnet)) {
    const ends: [string, Address][] = [
      ['network', firstOf(subnet)],
      ['broadcast', lastOf(subnet)],
    ];
    for (const [kind, address] of ends) {
      if (sameAddress(address, pool.gateway)) continue;
      reserved.push({
        interval: single(address),
        because: `it is the ${kind} address of ${formatPrefix({ address: firstOf(subnet), length: pool.prefixLength })}`,
      });
    }
  }
  for (const [index, exclude] of pool.excludes.entries()) {
    reserved.push({ interval: exclude, because: `spec.excludes[${index}] names ${exclude.text}` });
  }
  return reserved;
}

function single({ value }: Address): Interval {
  return { first: value, last: value };
}

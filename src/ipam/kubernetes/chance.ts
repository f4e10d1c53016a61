import { sizeOf, type Interval } from '../interval.ts';

/** A number of the intervals, each with the same probability. They must not all be empty. */
export function randomIn(intervals: readonly Interval[], chance: () => number): bigint {
  let offset = randomBelow(sizeOf(intervals), chance);
  for (const { first, last } of intervals) {
    const size = last - first + 1n;
    if (offset < size) return first + offset;
    offset -= size;
  }
  throw new RangeError('no address to choose from');
}

/** 128 bits, and 32 more so that the remainder is even enough. */
function randomBelow(size: bigint, chance: () => number): bigint {
  let value = 0n;
  for (let round = 0; round < 5; round++) value = (value << 32n) | BigInt(Math.floor(chance() * 2 ** 32));
  return value % size;
}

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTally, type Tally } from '../../../src/controller/projection/tally.ts';
import { inRanges, poolIntervals } from '../../../src/ipam/allocatable.ts';
import { byFirst, sizeOf, subtract } from '../../../src/ipam/interval.ts';
import { readPool, type Pool } from '../../../src/ipam/pool.ts';
import { address, manifest, texts, type SamplePool } from '../../ipam/sample.ts';

const pools: readonly SamplePool[] = [
  { ranges: ['192.168.0.0/28'] },
  { ranges: ['192.168.0.10-192.168.0.12', '192.168.0.0/29'], excludes: ['192.168.0.5'] },
  { ranges: ['192.168.0.0-192.168.0.40'], excludes: ['192.168.0.8/29', '192.168.0.33-192.168.0.39'] },
  { ranges: ['192.168.0.4-192.168.0.4'] },
  { ranges: [] },
];

const changes = fc.array(fc.record({ isHeld: fc.boolean(), last: fc.integer({ min: 0, max: 48 }) }), {
  maxLength: 100,
});

describe('the tally of a pool', () => {
  it('says what a look at all addresses would say', () => {
    fc.assert(
      fc.property(fc.constantFrom(...pools), changes, (sample, list) => {
        const pool = poolOf(sample);
        const tally = createTally(pool);
        const held = new Set<string>();
        for (const { isHeld, last } of list) {
          const text = `192.168.0.${last}`;
          if (isHeld === held.has(text)) continue;
          if (isHeld) tally.add(address(text));
          else tally.remove(address(text));
          if (isHeld) held.add(text);
          else held.delete(text);
        }
        expect(tally.figures()).toEqual(naive(pool, held));
        expect(texts(tally.lowestHeld(5))).toEqual(sorted(held).slice(0, 5));
      }),
    );
  });

  it('names no more than 32 free ranges, the lowest of all, whatever the order of the ranges is', () => {
    const tally = tallyOf({ ranges: ['192.168.0.128/25', '192.168.0.2-192.168.0.100'] });
    for (let last = 3; last < 100; last += 2) tally.add(address(`192.168.0.${last}`));
    const { lowestFree } = tally.figures();
    expect(lowestFree).toHaveLength(32);
    expect(lowestFree[0]).toEqual({ first: address('192.168.0.2').value, last: address('192.168.0.2').value });
    expect(lowestFree.at(-1)?.first).toBe(address('192.168.0.64').value);
  });

  it('counts addresses of another family, and does not mix them up', () => {
    const tally = tallyOf({ ranges: ['192.168.0.0/29'] });
    tally.add(address('2001:db8::1'));
    expect(tally.figures()).toMatchObject({ used: 1, outside: { count: 1 } });
    tally.remove(address('2001:db8::1'));
    expect(tally.figures()).toMatchObject({ used: 0, outside: { count: 0, lowest: [] } });
  });

  it('of a /16 whose lowest 60,000 are held names the rest as one range', () => {
    const tally = tallyOf({ ranges: ['10.0.0.0/16'], gateway: '10.0.0.1', prefixLength: 16 });
    const { value: base } = address('10.0.0.0');
    for (let index = 2n; index < 60_000n; index++) tally.add({ family: 4, value: base + index });
    const { lowestFree, free } = tally.figures();
    expect({ free, lowestFree }).toEqual({
      free: 5535n,
      lowestFree: [{ first: base + 60_000n, last: base + 65_534n }],
    });
  });
});

function tallyOf(sample: SamplePool): Tally {
  return createTally(poolOf(sample));
}

function poolOf(sample: SamplePool): Pool {
  return readPool(manifest(sample));
}

function naive(pool: Pool, held: ReadonlySet<string>): ReturnType<Tally['figures']> {
  const addresses = sorted(held).map(address);
  const holes = addresses.map(({ value }) => ({ first: value, last: value })).toSorted(byFirst);
  const allocatable = poolIntervals(pool).toSorted(byFirst);
  const free = allocatable.flatMap((interval) => subtract(interval, holes));
  const outside = addresses.filter((one) => !inRanges(pool, one));
  return {
    used: held.size,
    total: sizeOf(allocatable),
    free: sizeOf(free),
    lowestFree: free.slice(0, 32),
    outside: { count: outside.length, lowest: outside.slice(0, 3) },
  };
}

function sorted(held: ReadonlySet<string>): string[] {
  return [...held].toSorted((a, b) => (address(a).value < address(b).value ? -1 : 1));
}

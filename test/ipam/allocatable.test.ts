import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/ipam/address.ts';
import { inRanges, poolIntervals, poolTotal, reservedBecause } from '../../src/ipam/allocatable.ts';
import { readPool } from '../../src/ipam/pool.ts';
import type { Pool } from '../../src/ipam/pool.ts';
import { address, manifest } from './sample.ts';
import type { SamplePool } from './sample.ts';

describe('the addresses that a pool hands out', () => {
  it.each<SamplePool & { row: string; total: number; first: string[]; last?: string }>([
    { row: '29', ranges: ['10.2.2.100-10.2.2.120'], gateway: '10.2.2.1', total: 21, first: ['10.2.2.100'] },
    {
      row: '30',
      ranges: ['10.2.2.100-10.2.2.101', '10.2.2.0/28'],
      gateway: '10.2.2.1',
      total: 16,
      first: ['10.2.2.100', '10.2.2.101', '10.2.2.2', '10.2.2.3'],
    },
    {
      row: '32',
      ranges: ['2001::1000-2001::1000', '2001::0/124'],
      gateway: '2001::1',
      prefixLength: 64,
      total: 15,
      first: ['2001::1000', '2001::2', '2001::3', '2001::4'],
    },
    {
      row: '34',
      ranges: ['10.10.10.0/24'],
      gateway: '10.10.0.1',
      prefixLength: 16,
      excludes: ['10.10.10.255'],
      total: 254,
      first: ['10.10.10.1'],
      last: '10.10.10.254',
    },
    {
      row: '35',
      ranges: ['10.10.10.128/30'],
      gateway: '10.10.10.1',
      total: 3,
      first: ['10.10.10.129', '10.10.10.130', '10.10.10.131'],
    },
    {
      row: '38',
      ranges: ['10.10.1.0/26'],
      gateway: '10.10.1.1',
      prefixLength: 26,
      total: 61,
      first: ['10.10.1.2'],
      last: '10.10.1.62',
    },
    {
      row: 'corrected (§9.1): the gateway, network and broadcast of the subnet stay out of a start-end range',
      ranges: ['10.0.0.0-10.0.0.255'],
      gateway: '10.0.0.1',
      total: 253,
      first: ['10.0.0.2'],
      last: '10.0.0.254',
    },
    {
      row: 'corrected (§9.1): the broadcast stays out of a CIDR smaller than the subnet',
      ranges: ['10.0.0.240/28'],
      gateway: '10.0.0.1',
      total: 14,
      first: ['10.0.0.241'],
      last: '10.0.0.254',
    },
    {
      row: 'corrected (§9.2): a gateway elsewhere costs nothing',
      ranges: ['10.0.0.16/28'],
      gateway: '10.0.0.1',
      total: 15,
      first: ['10.0.0.17'],
      last: '10.0.0.31',
    },
    {
      row: 'corrected (§9.4): a /8 is whole',
      ranges: ['10.0.0.0/8'],
      gateway: '10.0.0.1',
      prefixLength: 8,
      total: 2 ** 24 - 3,
      first: ['10.0.0.2'],
      last: '10.255.255.254',
    },
    {
      row: 'corrected: a CIDR of one address is that address',
      ranges: ['10.0.0.5/32'],
      gateway: '10.0.0.1',
      total: 1,
      first: ['10.0.0.5'],
    },
    {
      row: 'RFC 3021: a /31 has no network or broadcast address',
      ranges: ['10.0.0.0/31'],
      gateway: '10.0.0.0',
      prefixLength: 31,
      total: 1,
      first: ['10.0.0.1'],
    },
    {
      row: 'RFC 6164: neither has an IPv6 /127',
      ranges: ['2001::/127'],
      gateway: '2001::1',
      prefixLength: 127,
      total: 1,
      first: ['2001::'],
    },
    {
      row: 'excludes as address, CIDR and span',
      ranges: ['10.0.0.8-10.0.0.20'],
      excludes: ['10.0.0.9', '10.0.0.12/30', '10.0.0.18 - 10.0.0.30'],
      gateway: '10.0.0.1',
      total: 5,
      first: ['10.0.0.8', '10.0.0.10', '10.0.0.11', '10.0.0.16', '10.0.0.17'],
    },
    {
      row: 'nothing, where everything is excluded',
      ranges: ['10.0.0.8-10.0.0.20'],
      excludes: ['10.0.0.0/24'],
      gateway: '10.0.0.1',
      total: 0,
      first: [],
    },
  ])('row $row', ({ total, first, last, ...sample }) => {
    const pool = readPool(manifest(sample));
    expect(Number(poolTotal(pool))).toBe(total);
    expect(some(pool, first.length)).toStrictEqual(first);
    const end = poolIntervals(pool).at(-1);
    if (last !== undefined) expect(end && formatAddress({ family: pool.family, value: end.last })).toBe(last);
  });

  it('corrected (§9.3): of an IPv6 /64 are 2^64−2, in full width', () => {
    const pool = readPool(manifest({ ranges: ['2001:db8::/64'], gateway: '2001:db8::1', prefixLength: 64 }));
    expect(poolTotal(pool)).toBe(2n ** 64n - 2n);
    expect(inRanges(pool, address('2001:db8:0:1::5'))).toBe(false);
  });

  it.each([
    ['10.10.10.0', 'it is the network address of 10.10.10.0/24'],
    ['10.10.10.1', 'it is the gateway of the pool'],
    ['10.10.10.255', 'it is the broadcast address of 10.10.10.0/24'],
    ['10.10.10.7', 'spec.excludes[0] names 10.10.10.7'],
    ['10.10.10.8', undefined],
    ['10.10.11.0', undefined],
  ])('row 36 and 37: why %s is reserved: %s', (text, because) => {
    const pool = readPool(manifest({ ranges: ['10.10.10.0/24'], gateway: '10.10.10.1', excludes: ['10.10.10.7'] }));
    expect(reservedBecause(pool, address(text))).toBe(because);
  });

  it('row 36: the base of a CIDR inside a wider subnet is reserved as well', () => {
    const pool = readPool(manifest({ ranges: ['10.10.10.0/24'], gateway: '10.10.0.1', prefixLength: 16 }));
    expect(reservedBecause(pool, address('10.10.10.0'))).toBe(
      'it is the first address of the range 10.10.10.0/24, which is never used',
    );
  });

  it('are those that one gets by asking each address in turn', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const span = fc.tuple(octet, octet).map(([a, b]) => `10.0.0.${Math.min(a, b)}-10.0.0.${Math.max(a, b)}`);
    const cidr = fc.tuple(octet, fc.integer({ min: 24, max: 32 })).map(([a, length]) => `10.0.0.${a}/${length}`);
    const pools = fc.record({
      ranges: fc.array(fc.oneof(span, cidr), { maxLength: 3 }),
      excludes: fc.array(fc.oneof(span, cidr), { maxLength: 4 }),
      gateway: octet,
      prefixLength: fc.constantFrom(22, 24),
    });
    fc.assert(
      fc.property(pools, ({ gateway, ...sample }) => {
        const pool = tryRead({ ...sample, gateway: `10.0.0.${gateway}` });
        fc.pre(pool !== undefined);
        const everything = Array.from({ length: 1024 }, (_, offset) => 0x0a00_0000n + BigInt(offset));
        const bruteForce = everything.filter(
          (value) => inRanges(pool, { family: 4, value }) && reservedBecause(pool, { family: 4, value }) === undefined,
        );
        const listed = poolIntervals(pool).flatMap(({ first, last }) =>
          Array.from({ length: Number(last - first) + 1 }, (_, offset) => first + BigInt(offset)),
        );
        expect(listed.toSorted((a, b) => Number(a - b))).toStrictEqual(bruteForce);
        expect(poolTotal(pool)).toBe(BigInt(bruteForce.length));
      }),
    );
  });
});

function some(pool: Pool, count: number): string[] {
  const found: string[] = [];
  for (const { first, last } of poolIntervals(pool)) {
    for (let value = first; value <= last && found.length < count; value += 1n)
      found.push(formatAddress({ family: pool.family, value }));
  }
  return found;
}

function tryRead(sample: SamplePool): Pool | undefined {
  try {
    return readPool(manifest(sample));
  } catch {
    return undefined;
  }
}

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/ipam/address.ts';
import { readPool } from '../../src/ipam/pool.ts';
import { Failure } from '../../src/system/failure.ts';
import { manifest } from './sample.ts';

const baseSubnet = { gateway: '192.168.0.1', prefixLength: 24 };
const subnet1 = { gateway: '192.168.1.1', prefixLength: 24 };

describe('a pool is accepted', () => {
  it.each([
    { row: 1, ranges: ['192.168.0.0/26'], ...baseSubnet },
    { row: 7, ranges: ['192.168.1.100-192.168.1.100'], ...subnet1 },
    {
      row: 11,
      ranges: ['192.168.1.10-192.168.1.20', '192.168.1.30-192.168.1.40', '192.168.1.50-192.168.1.60'],
      ...subnet1,
    },
    { row: 15, ranges: ['192.168.1.0/24'], ...subnet1 },
    { row: 15, ranges: ['192.168.1.0-192.168.1.255'], ...subnet1 },
    { row: 18, ranges: [], ...baseSubnet },
  ])('row $row: $ranges in $gateway/$prefixLength', ({ ranges, gateway, prefixLength }) => {
    const pool = readPool(manifest({ ranges, gateway, prefixLength }));
    expect(pool.ranges.map(({ text }) => text)).toStrictEqual(ranges);
  });

  it('with excludes in each form, with blanks in it', () => {
    const excludes = [' 192.168.1.7', '192.168.1.16 / 28', '192.168.1.40 - 192.168.1.50'];
    const pool = readPool(manifest({ ranges: ['192.168.1.0/24'], excludes, ...subnet1 }));
    expect(pool.excludes.map(({ text }) => text)).toStrictEqual([
      '192.168.1.7',
      '192.168.1.16/28',
      '192.168.1.40-192.168.1.50',
    ]);
  });

  it('with 1024 ranges and 1024 excludes', () => {
    const ranges = Array.from({ length: 1024 }, (_, index) => `10.0.${index >> 2}.${(index & 3) * 64}/27`);
    const excludes = ranges.map((range) => range.replace('/27', '/32'));
    expect(readPool(manifest({ ranges, excludes, gateway: '10.0.0.1', prefixLength: 8 })).ranges).toHaveLength(1024);
  });
});

describe('a pool is refused', () => {
  it.each([
    {
      row: 2,
      ranges: ['192.168.3.0/26'],
      gateway: '192.168.3.1',
      prefixLength: 32,
      says: 'spec.subnetInfo.prefixLength is 32: expected an integer from 1 to 31',
    },
    { row: 3, ranges: [], gateway: '192.168.3.1', prefixLength: 0, says: 'spec.subnetInfo.prefixLength is 0' },
    { row: 3, ranges: [], gateway: '192.168.3.1', prefixLength: 33, says: 'spec.subnetInfo.prefixLength is 33' },
    { row: 3, ranges: [], gateway: '2001::1', prefixLength: 0, says: 'spec.subnetInfo.prefixLength is 0' },
    {
      row: 3,
      ranges: [],
      gateway: '2001::1',
      prefixLength: 129,
      says: 'prefixLength is 129: expected an integer from 1 to 127',
    },
    { row: 4, ranges: [], gateway: 'invalid-gateway', says: 'spec.subnetInfo.gateway is "invalid-gateway"' },
    {
      row: 5,
      ranges: ['192.168.0.10-192.168.0.3'],
      says: 'spec.ipRanges[0] 192.168.0.10-192.168.0.3 starts after its end',
    },
    {
      row: 6,
      ranges: ['192.168.1.1-2001:db8::1'],
      says: 'spec.ipRanges[0] 192.168.1.1-2001:db8::1 mixes IPv4 and IPv6',
    },
    {
      row: 8,
      ranges: ['192.168.3.0/26', '192.168.3.10-192.168.3.20'],
      gateway: '192.168.3.1',
      says: 'spec.ipRanges[1] 192.168.3.10-192.168.3.20 overlaps with 192.168.3.0/26',
    },
    {
      row: 9,
      ranges: ['192.168.3.12/30', '192.168.3.10-192.168.3.20'],
      gateway: '192.168.3.1',
      says: '192.168.3.10-192.168.3.20 overlaps with 192.168.3.12/30',
    },
    {
      row: 10,
      ranges: ['192.168.1.10-192.168.1.20', '192.168.1.15-192.168.1.25'],
      ...subnet1,
      says: '192.168.1.15-192.168.1.25 overlaps with 192.168.1.10-192.168.1.20',
    },
    {
      row: 12,
      ranges: ['10:2400::0/96'],
      gateway: '192.168.3.1',
      says: '10:2400::0/96 is not in the subnet 192.168.3.1/24',
    },
    { row: 13, ranges: ['192.168.10.0/26'], ...subnet1, says: '192.168.10.0/26 is not in the subnet 192.168.1.1/24' },
    { row: 14, ranges: ['192.168.1.200-192.168.2.10'], ...subnet1, says: 'is not in the subnet' },
    { row: 14, ranges: ['10.0.0.1-192.168.1.10'], ...subnet1, says: 'is not in the subnet' },
    { row: 16, ranges: ['192.168.1.1/33'], ...subnet1, says: 'spec.ipRanges[0].cidr is "192.168.1.1/33"' },
    { row: 16, ranges: ['2001:d00::/132'], gateway: '2001:d00::1', says: 'spec.ipRanges[0].cidr is "2001:d00::/132"' },
    { row: 16, ranges: ['not_a_cidr'], ...subnet1, says: 'spec.ipRanges[0].cidr is "not_a_cidr"' },
    {
      row: 17,
      ranges: ['10.96.10.1000-10.96.10.20'],
      gateway: '10.96.10.1',
      says: 'spec.ipRanges[0].start is "10.96.10.1000"',
    },
    {
      row: 17,
      ranges: ['2001:d00::1-2001:g00::'],
      gateway: '2001:d00::1',
      says: 'spec.ipRanges[0].end is "2001:g00::"',
    },
    {
      row: 17,
      ranges: ['10.96.10.1000-2001:g00::'],
      gateway: '10.96.10.1',
      says: 'spec.ipRanges[0].start is "10.96.10.1000"',
    },
    { row: 0, ranges: ['0:0:0::/64'], gateway: '::1', prefixLength: 64, says: 'contains the IPv4-mapped addresses' },
  ])('row $row: $ranges in $gateway/$prefixLength', ({ ranges, gateway, prefixLength, says }) => {
    const pool = { ranges, gateway: gateway ?? '192.168.0.1', prefixLength: prefixLength ?? 24 };
    expect(problem(manifest(pool))).toContain(says);
  });

  it.each([
    [['10.0.0.256'], 'spec.excludes[0] is "10.0.0.256": expected an address, a CIDR, or two addresses'],
    [['10.0.0.1', '2001::1'], 'spec.excludes[1] 2001::1 is IPv6: expected IPv4, as the gateway is'],
    [['10.0.0.9-10.0.0.1'], 'starts after its end'],
    [['1-2-3'], 'spec.excludes[0] is "1-2-3"'],
    [Array.from({ length: 1025 }, () => '10.0.0.1'), 'spec.excludes has 1025 elements: at most 1024'],
  ])('with excludes %j', (excludes, says) => {
    expect(problem(manifest({ ranges: [], gateway: '10.0.0.1', excludes }))).toContain(says);
  });

  it.each(['', '-a', 'a-', 'A', 'a_b', 'a..b', '.', '..', '../x', 'a/b', 'a\nb', 'a b', 'a'.repeat(64), '__proto__'])(
    'with the name %j',
    (name) => {
      expect(problem(manifest({ name, ranges: [] }))).toContain('metadata.name is');
    },
  );

  it('with a range that has both forms, or half of one', () => {
    const cases = [
      { cidr: '10.0.0.0/24', start: '10.0.0.1' },
      { start: '10.0.0.1' },
      { end: '10.0.0.1' },
      {},
      null,
      'x',
      [],
    ];
    for (const range of cases) {
      const object = {
        metadata: { name: 'a' },
        spec: { subnetInfo: { gateway: '10.0.0.1', prefixLength: 24 }, ipRanges: [range] },
      };
      expect(problem(object)).toContain('spec.ipRanges[0]');
    }
  });

  it('as configuration, whatever its types are, and never with another error', () => {
    const anything = fc.jsonValue({ maxDepth: 4 });
    const mostly = (usual: unknown): fc.Arbitrary<unknown> =>
      fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: anything });
    const range = fc.record({
      cidr: mostly('10.0.0.0/24'),
      start: mostly(undefined),
      gateway: mostly('10.0.0.1'),
      prefixLength: mostly(24),
      vlan: mostly(0),
    });
    const spec = fc.record(
      {
        ipVersion: mostly(4),
        ipRanges: fc.oneof(fc.array(fc.oneof(range, anything), { maxLength: 2 }), anything),
        subnetInfo: mostly(undefined),
        excludes: mostly([]),
        namespaceSelector: mostly({}),
      },
      { requiredKeys: [] },
    );
    const object = fc.record({ metadata: mostly({ name: 'a' }), spec: fc.oneof(spec, anything) });
    fc.assert(
      fc.property(fc.oneof(object, anything), (input) => {
        try {
          readPool(input);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          expect(error).toHaveProperty('kind', 'config');
          expect(String(error).length).toBeLessThan(1000);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('when its keys come only from a __proto__ key', () => {
    const object: unknown = JSON.parse('{"metadata":{"name":"a"},"__proto__":{"spec":{"ipRanges":[]}}}');
    expect(problem(object)).toContain('spec is missing');
    const inherited: unknown = Object.create({ metadata: { name: 'a' } });
    expect(problem(inherited)).toContain('metadata is missing');
  });
});

describe('the v1alpha2 shape', () => {
  it('row 25 and 26: reads as the v1beta1 shape does', () => {
    const read = readPool(alpha([range('10.10.1.0/26'), range('10.10.1.64/26')]));
    const beta = readPool(
      manifest({ name: 'a', ranges: ['10.10.1.0/26', '10.10.1.64/26'], gateway: '10.10.1.1', vlan: 2 }),
    );
    expect(read).toStrictEqual(beta);
    expect(formatAddress(read.gateway)).toBe('10.10.1.1');
  });

  it('row 27: with different gateways is refused, as one pool has one subnet', () => {
    const other = { cidr: '10.10.2.0/24', gateway: '10.10.2.1', prefixLength: 24 };
    expect(problem(alpha([range('10.10.1.0/24'), other]))).toContain(
      'spec.ipRanges[1] has different subnet information (gateway 10.10.2.1, prefixLength 24, vlan 0) than spec.ipRanges[0]',
    );
  });

  it('corrected (§9.16): a missing vlan equals 0, and gateways are compared by value', () => {
    const ranges = [
      { cidr: '2001::0/124', gateway: '20:0::1', prefixLength: 8, vlan: 0 },
      { cidr: '2001::100/124', gateway: '20::1', prefixLength: 8 },
    ].map((one) => ({ ...one, gateway: one.gateway.replace('20:', '2001:'), prefixLength: 64 }));
    expect(readPool(alpha(ranges, 6)).vlan).toBe(0);
  });

  it('corrected (§9.16): an ipVersion that contradicts the gateway is refused', () => {
    expect(problem(alpha([range('10.10.1.0/24')], 6))).toContain(
      'spec.ipVersion is 6, but the gateway 10.10.1.1 is IPv4: expected 4',
    );
    expect(problem(alpha([range('10.10.1.0/24')], null))).toContain('spec.ipVersion is missing');
  });

  it('together with the other shape is refused', () => {
    const spec = { ipRanges: [range('10.10.1.0/24')], subnetInfo: { gateway: '10.10.1.1', prefixLength: 24 } };
    expect(problem({ metadata: { name: 'a' }, spec })).toContain(
      'spec.ipRanges[0].gateway "10.10.1.1" stands next to spec.subnetInfo',
    );
    const ipVersion = { ipVersion: 4, ipRanges: [], subnetInfo: { gateway: '10.10.1.1', prefixLength: 24 } };
    expect(problem({ metadata: { name: 'a' }, spec: ipVersion })).toContain('spec.ipVersion 4 stands next to');
  });

  it('without ranges is refused: it has no gateway', () => {
    expect(problem(alpha([]))).toContain('spec.subnetInfo is missing');
  });
});

describe('a namespace selector', () => {
  it('is kept', () => {
    const selector = {
      matchLabels: { team: 'a' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['x', 'y'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    };
    expect(readPool(withSelector(selector)).namespaceSelector).toStrictEqual({
      matchLabels: [{ key: 'team', value: 'a' }],
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['x', 'y'] },
        { key: 'old', operator: 'DoesNotExist', values: [] },
      ],
    });
  });

  it.each([
    [{ matchLabel: {} }, '"matchLabel" is not a known key'],
    [{ matchLabels: { a: 1 } }, 'matchLabels.a is 1: expected a string'],
    [{ matchExpressions: [{ key: 'a', operator: 'Like' }] }, 'operator is "Like": expected one of In'],
    [{ matchExpressions: [{ key: 'a', operator: 'In' }] }, 'expected a list that is not empty'],
    ['x', 'namespaceSelector is "x"'],
  ])('%j is refused', (selector, says) => {
    expect(problem(withSelector(selector))).toContain(says);
  });
});

function problem(object: unknown): string {
  try {
    readPool(object);
  } catch (error) {
    if (error instanceof Failure && error.kind === 'config') return error.message;
    throw error;
  }
  throw new Error('the pool was accepted');
}

const range = (cidr: string, more: object = {}): object => ({
  cidr,
  gateway: '10.10.1.1',
  prefixLength: 24,
  vlan: 2,
  ...more,
});

const alpha = (ipRanges: readonly object[], ipVersion: unknown = 4): object => ({
  metadata: { name: 'a' },
  spec: { ipVersion, ipRanges },
});

const withSelector = (namespaceSelector: unknown): object => ({
  metadata: { name: 'a' },
  spec: { ipRanges: [], subnetInfo: { gateway: '10.0.0.1', prefixLength: 24 }, namespaceSelector },
});

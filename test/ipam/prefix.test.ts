import * as fc from 'fast-check';
import { Address6 } from 'ip-address';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/ipam/address.ts';
import { firstOf, formatPrefix, isPointToPoint, lastOf, parsePrefix, prefixContains } from '../../src/ipam/prefix.ts';
import { address } from './sample.ts';

describe('a prefix', () => {
  it.each([
    ['10.1.0.5/16', '10.1.0.5/16', '10.1.0.0', '10.1.255.255'],
    ['10.1.2.3/0', '10.1.2.3/0', '0.0.0.0', '255.255.255.255'],
    ['10.1.2.3/32', '10.1.2.3/32', '10.1.2.3', '10.1.2.3'],
    ['2001:DB8::5/64', '2001:db8::5/64', '2001:db8::', '2001:db8::ffff:ffff:ffff:ffff'],
    ['::ffff:10.1.0.5/112', '10.1.0.5/16', '10.1.0.0', '10.1.255.255'],
  ])('%s is %s, from %s to %s', (written, ...expected) => {
    const prefix = parsePrefix(written);
    if (prefix === undefined) throw new Error(`${written} was not read`);
    expect([formatPrefix(prefix), formatAddress(firstOf(prefix)), formatAddress(lastOf(prefix))]).toStrictEqual(
      expected,
    );
  });

  it.each([
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '::/129',
    '::/1e1',
    '/24',
    '::ffff:10.0.0.0/24',
    '10.0.0.0/ 8',
  ])('%j is no prefix', (written) => {
    expect(parsePrefix(written)).toBeUndefined();
  });

  it('of IPv6 begins and ends where ip-address says', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n << 100n, max: (1n << 128n) - 1n }),
        fc.integer({ min: 0, max: 128 }),
        (value, length) => {
          const oracle = new Address6(`${Address6.fromBigInt(value).correctForm()}/${length}`);
          const prefix = { address: { family: 6, value }, length } as const;
          expect(firstOf(prefix).value).toBe(oracle.startAddress().bigInt());
          expect(lastOf(prefix).value).toBe(oracle.endAddress().bigInt());
          expect(prefixContains(prefix, firstOf(prefix)) && prefixContains(prefix, lastOf(prefix))).toBe(true);
        },
      ),
    );
  });

  it('of one family contains no address of the other', () => {
    expect(prefixContains({ address: address('::'), length: 0 }, address('0.0.0.1'))).toBe(false);
  });

  it.each([
    ['10.0.0.0/30', false],
    ['10.0.0.0/31', true],
    ['10.0.0.0/32', true],
    ['2001::/126', false],
    ['2001::/127', true],
  ] as const)('%s is point-to-point: %s', (written, expected) => {
    const prefix = parsePrefix(written);
    expect(prefix && isPointToPoint(prefix)).toBe(expected);
  });
});

import * as fc from 'fast-check';
import { Address4, Address6 } from 'ip-address';
import { describe, expect, it } from 'vitest';
import { compareAddresses, formatAddress, formatAddressForName, parseAddress } from '../../src/ipam/address.ts';
import type { Address } from '../../src/ipam/address.ts';

const ipv4 = fc.bigInt({ min: 0n, max: 0xffff_ffffn }).map((value): Address => ({ family: 4, value }));
const ipv6 = fc
  // Groups, not one number: zeros in a row are what RFC 5952 is about.
  .array(fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 0xffffn })), { minLength: 8, maxLength: 8 })
  .map((groups): Address => ({ family: 6, value: groups.reduce((sum, group) => (sum << 16n) | group, 0n) }))
  .filter(({ value }) => value >> 32n !== 0xffffn);

describe('an address', () => {
  it('is read back from its own text', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (address) => {
        expect(parseAddress(formatAddress(address))).toStrictEqual(address);
      }),
    );
  });

  it('is written as ip-address writes it', () => {
    fc.assert(
      fc.property(ipv4, ipv6, (v4, v6) => {
        expect(formatAddress(v4)).toBe(Address4.fromBigInt(v4.value).correctForm());
        expect(formatAddress(v6)).toBe(Address6.fromBigInt(v6.value).correctForm());
      }),
    );
  });

  it('is read from every spelling as ip-address reads it', () => {
    fc.assert(
      fc.property(ipv6, (address) => {
        const oracle = Address6.fromBigInt(address.value);
        for (const text of [oracle.canonicalForm(), oracle.correctForm().toUpperCase(), oracle.to4in6()]) {
          expect(parseAddress(text), text).toStrictEqual(address);
        }
      }),
    );
  });

  it('that ip-address refuses is refused', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef:.% /g')), maxLength: 40 });
    fc.assert(
      fc.property(text, (written) => {
        if (parseAddress(written) === undefined) return;
        expect(written.includes(':') ? Address6.isValid(written) : Address4.isValid(written)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
  ])('%s is written as %s', (written, canonical) => {
    const address = parseAddress(written);
    expect(address && formatAddress(address)).toBe(canonical);
  });

  it.each([
    '',
    ' ',
    '10.0.0',
    '10.0.0.0.1',
    '010.0.0.1',
    '10.0.0.256',
    '10.0.0.1000',
    '0x0a.0.0.1',
    '10.0.0.-1',
    ' 10.0.0.1',
    '10.0.0.1\n',
    '１.1.1.1',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4::5:6:7:8',
    ':1::2',
    '1::2:',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '[::1]',
    '::10.0.0',
    '::10.0.0.01',
    '10.0.0.1::',
    '::10.0.0.1:1',
    '::ffff:10.0.0.256',
    `${'0'.repeat(46)}::`,
  ])('%j is no address', (written) => {
    expect(parseAddress(written)).toBeUndefined();
  });

  it.each([
    ['10.10.1.5', '10.10.1.5'],
    ['2001:db8::5', '2001-0db8-0000-0000-0000-0000-0000-0005'],
  ])('%s is %s in the name of an object', (written, name) => {
    const address = parseAddress(written);
    expect(address && formatAddressForName(address)).toBe(name);
  });

  it('sorts IPv4 first, then by value', () => {
    const sorted = ['::1', '10.0.0.10', '9.0.0.1', '::', '10.0.0.9']
      .flatMap((text) => parseAddress(text) ?? [])
      .toSorted(compareAddresses);
    expect(sorted.map(formatAddress)).toStrictEqual(['9.0.0.1', '10.0.0.9', '10.0.0.10', '::', '::1']);
  });
});

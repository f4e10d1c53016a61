import { describe, expect, it } from 'vitest';
import { poolsOverlap, refuseUnknownPoolKeys, validatePoolUpdate } from '../../src/ipam/pool-change.ts';
import { readPool } from '../../src/ipam/pool.ts';
import { manifest } from './sample.ts';
import type { SamplePool } from './sample.ts';

const base: SamplePool = { ranges: ['192.168.0.0/26'] };

function update(to: Partial<SamplePool>, options: { from?: SamplePool; inUse?: boolean } = {}): () => void {
  const from = options.from ?? base;
  return () =>
    validatePoolUpdate({
      from: readPool(manifest(from)),
      to: readPool(manifest({ ...from, ...to })),
      inUse: options.inUse ?? true,
    });
}

describe('a pool that exists', () => {
  it('row 19: cannot lose its ranges', () => {
    expect(update({ ranges: [] })).toThrow('existing ranges [192.168.0.0/26] cannot be updated or deleted');
  });

  it('row 20: cannot spell a range differently', () => {
    expect(update({ ranges: ['192.168.0.1/26'] })).toThrow('cannot be updated or deleted');
  });

  it('row 21: can be extended, and its ranges reordered', () => {
    expect(update({ ranges: ['192.168.0.128-192.168.0.132', '192.168.0.0/26'] })).not.toThrow();
  });

  it('row 22: cannot be extended by what it has already', () => {
    expect(update({ ranges: ['192.168.0.0/26', '192.168.0.5-192.168.0.10'] })).toThrow(
      '192.168.0.5-192.168.0.10 overlaps with 192.168.0.0/26',
    );
  });

  it('row 24: keeps its gateway and prefix length, also through the v1alpha2 shape (§9.16)', () => {
    expect(update({ gateway: '192.168.0.2' })).toThrow('gateway of pool sample is immutable: it is 192.168.0.1');
    expect(update({ prefixLength: 23 })).toThrow('prefixLength of pool sample is immutable: it is 24');
    const alpha = readPool({
      metadata: { name: 'sample' },
      spec: { ipVersion: 4, ipRanges: [{ cidr: '192.168.0.0/26', gateway: '192.168.0.3', prefixLength: 24 }] },
    });
    expect(() => validatePoolUpdate({ from: readPool(manifest(base)), to: alpha, inUse: false })).toThrow('immutable');
  });

  it('corrected (§9.16): changes its VLAN only while no address is held', () => {
    expect(update({ vlan: 5 }, { inUse: true })).toThrow(
      'vlan of pool sample would change from 0 to 5 while addresses of it are held',
    );
    expect(update({ vlan: 5 }, { inUse: false })).not.toThrow();
    expect(update({ vlan: 0 }, { inUse: true })).not.toThrow();
  });

  it('changes its excludes at any time', () => {
    expect(update({ excludes: ['192.168.0.10'] })).not.toThrow();
  });
});

describe('two pools overlap', () => {
  it.each<[string, SamplePool, SamplePool, boolean]>([
    ['with a common address on one VLAN', base, { ranges: ['192.168.0.32-192.168.0.99'] }, true],
    ['not on different VLANs', base, { ranges: ['192.168.0.0/26'], vlan: 7 }, false],
    ['not side by side', base, { ranges: ['192.168.0.64/26'] }, false],
    [
      'not where one excludes what the other has',
      { ...base, excludes: ['192.168.0.32-192.168.0.63'] },
      { ranges: ['192.168.0.32/27'] },
      false,
    ],
    ['not over families', base, { ranges: ['2001::/64'], gateway: '2001::1', prefixLength: 64 }, false],
  ])('%s', (...[, a, b, expected]) => {
    expect(poolsOverlap(readPool(manifest(a)), readPool(manifest(b)))).toBe(expected);
    expect(poolsOverlap(readPool(manifest(b)), readPool(manifest(a)))).toBe(expected);
  });
});

describe('a manifest with a key that means nothing', () => {
  const good = manifest(base);
  it.each<[object, string]>([
    [{ ...good, kind: 'Pool' }, 'kind is "Pool": expected "IPPool"'],
    [{ ...good, apiVersion: 'v1' }, 'apiVersion is "v1": expected "crd.antrea.io/v1beta1"'],
    [{ ...good, sepc: {} }, '"sepc" is not a known key'],
    [{ ...good, spec: { ipRanges: [], exclude: [] } }, 'spec."exclude" is not a known key: expected one of ipVersion'],
    [{ ...good, spec: { ipRanges: [{ CIDR: '' }] } }, 'spec.ipRanges[0]."CIDR" is not a known key'],
    [{ ...good, spec: { ipRanges: [], subnetInfo: { gw: '' } } }, 'spec.subnetInfo."gw" is not a known key'],
  ])('%j is refused', (object, says) => {
    expect(() => refuseUnknownPoolKeys(object)).toThrow(says);
  });

  it('is not one in either API version', () => {
    expect(() => refuseUnknownPoolKeys(good)).not.toThrow();
    expect(() => refuseUnknownPoolKeys({ ...good, apiVersion: 'crd.antrea.io/v1alpha2' })).not.toThrow();
  });
});

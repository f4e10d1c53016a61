import { describe, expect, it } from 'vitest';
import { difference, project, sameAddresses } from '../../../src/controller/projection/status.ts';
import { createTally } from '../../../src/controller/projection/tally.ts';
import { readPool } from '../../../src/ipam/pool.ts';
import { address, manifest, type SamplePool } from '../../ipam/sample.ts';

const now = '2026-01-02T00:00:00Z';

function projectionOf(sample: SamplePool, ...held: readonly string[]): ReturnType<typeof project> {
  const tally = createTally(readPool(manifest(sample)));
  for (const one of held) tally.add(address(one));
  return project({ tally, overlaps: [], status: {}, now });
}

describe('the projection of a pool', () => {
  it.each([
    ['an empty range', { ranges: ['192.168.0.8/30'] }, [], ['192.168.0.9-192.168.0.11']],
    [
      'single addresses',
      { ranges: ['192.168.0.4-192.168.0.8'] },
      ['192.168.0.5', '192.168.0.7'],
      ['192.168.0.4', '192.168.0.6', '192.168.0.8'],
    ],
    ['nothing free', { ranges: ['192.168.0.4-192.168.0.4'] }, ['192.168.0.4'], []],
    ['IPv6', { ranges: ['2001:db8::/126'], gateway: '2001:db8::1', prefixLength: 64 }, [], ['2001:db8::2-2001:db8::3']],
  ] as const)('names what is free: %s', (...[, sample, held, free]) => {
    expect(projectionOf(sample, ...held).free).toEqual(free);
  });

  it('has a total that every reader of JSON can hold', () => {
    const { usage } = projectionOf({ ranges: ['2001:db8::/64'], gateway: '2001:db8::1', prefixLength: 64 });
    expect(usage).toEqual({ used: 0, total: Number.MAX_SAFE_INTEGER });
  });

  it('is written only where it differs, whatever the order of keys is', () => {
    const projection = projectionOf({ ranges: ['192.168.0.4-192.168.0.8'] }, '192.168.0.5');
    const { usage, free, conditions } = projection;
    const stored = { usage: { total: usage.total, used: usage.used }, conditions, free, ipAddresses: [] };
    expect(difference(stored, projection)).toBeUndefined();
    expect(difference({ ...stored, usage: { used: 0, total: 5 } }, projection)).toEqual({ usage });
    expect(Object.keys(difference({}, projection) ?? {})).toEqual(['usage', 'free', 'conditions']);
  });

  it('takes a list of addresses that is missing for an empty one', () => {
    expect(sameAddresses({}, [])).toBe(true);
    expect(sameAddresses({}, [{ ipAddress: '10.0.0.1' }])).toBe(false);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOverlaps } from '../../../src/controller/projection/overlaps.ts';
import { poolsOverlap } from '../../../src/ipam/pool-change.ts';
import { readPool, type Pool } from '../../../src/ipam/pool.ts';
import { manifest } from '../../ipam/sample.ts';

const names = ['a', 'b', 'c', 'd'] as const;
const spec = fc.record({
  first: fc.integer({ min: 2, max: 20 }),
  size: fc.integer({ min: 0, max: 6 }),
  vlan: fc.constantFrom(0, 5),
});
const change = fc.record({ name: fc.constantFrom(...names), spec: fc.option(spec, { nil: undefined }) });

describe('overlaps', () => {
  it('are, after each change, what a comparison of all pools gives; and those are told whose overlaps change', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const overlaps = createOverlaps();
        const pools = new Map<string, Pool>();
        for (const { name, spec: wanted } of changes) {
          const before = all(pools);
          if (wanted === undefined) pools.delete(name);
          else pools.set(name, poolOf(name, wanted));
          const told = overlaps.set(name, pools.get(name));
          const after = all(pools);
          for (const one of names) {
            expect(overlaps.of(one)).toEqual(after[one]);
            if (one !== name && JSON.stringify(before[one]) !== JSON.stringify(after[one])) expect(told).toContain(one);
          }
        }
      }),
    );
  });
});

function poolOf(name: string, { first, size, vlan }: { first: number; size: number; vlan: number }): Pool {
  return readPool(manifest({ name, vlan, ranges: [`192.168.0.${first}-192.168.0.${first + size}`] }));
}

function all(pools: ReadonlyMap<string, Pool>): Readonly<Record<string, readonly string[]>> {
  const partnersOf = (name: string): readonly string[] => {
    const pool = pools.get(name);
    return names.filter((other) => {
      const one = pools.get(other);
      return other !== name && pool !== undefined && one !== undefined && poolsOverlap(pool, one);
    });
  };
  return Object.fromEntries(names.map((name) => [name, partnersOf(name)]));
}

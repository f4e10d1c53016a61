import { describe, expect, it } from 'vitest';
import type { Allocations } from '../../../src/controller/allocations.ts';
import { createKept } from '../../../src/kube/watch/kept.ts';
import { readPoolState, type PoolState } from '../../../src/controller/pools.ts';
import { keepTallies } from '../../../src/controller/projection/tallies.ts';
import { readAllocationObject } from '../../../src/ipam/kubernetes/allocation-object.ts';
import type { Allocation } from '../../../src/ipam/store.ts';
import { isJsonObject, type JsonObject } from '../../../src/system/json-object.ts';
import { allocation } from '../../cluster/allocations.ts';
import { manifest, type SamplePool } from '../../ipam/sample.ts';

function bench() {
  const pools = createKept<PoolState>(() => {});
  const held = createKept<Allocation>(() => {});
  const scans = { count: 0 };
  const allocations: Allocations = {
    ...held.collection,
    ofPool: (pool) => {
      scans.count += 1;
      return new Set([...held.collection.values()].filter((one) => one.pool === pool));
    },
  };
  const tallies = keepTallies({ pools: pools.collection, allocations });
  const told: string[] = [];
  tallies.onChange((pool) => void told.push(pool));
  let version = 0;
  const stamped = (object: object): JsonObject => {
    version += 1;
    const { metadata, ...rest } = { metadata: {}, ...object };
    return { ...rest, metadata: { uid: 'a-uid', ...metadata, resourceVersion: String(version) } };
  };
  return {
    tallies,
    told,
    scans,
    apply: (
      sample: SamplePool & { readonly generation?: number; readonly status?: object; readonly more?: object },
    ) => {
      const { generation = 1, status = {}, more = {}, ...rest } = sample;
      const { metadata, ...object } = manifest(rest);
      const pool = stamped({
        ...object,
        status,
        metadata: { ...(isJsonObject(metadata) ? metadata : {}), generation, ...more },
      });
      pools.put(pool, readPoolState(pool));
    },
    removePool: (name: string) => pools.remove({ metadata: { name } }),
    hold: (pool: string, address: string) => {
      const object = stamped(allocation({ pool, address }));
      held.put(object, readAllocationObject(object).allocation);
    },
    release: (pool: string, address: string) => held.remove({ metadata: { name: `${pool}.${address}` } }),
  };
}

describe('tallies', () => {
  it('count a change of one allocation without a look at the others', () => {
    const { apply, hold, release, scans, tallies } = bench();
    apply({ name: 'a', ranges: ['10.0.0.0/16'], gateway: '10.0.0.1', prefixLength: 16 });
    const before = scans.count;
    for (let index = 2; index < 1000; index++) hold('a', `10.0.${index >> 8}.${index & 255}`);
    release('a', '10.0.0.9');
    expect(tallies.get('a')?.figures()).toMatchObject({ used: 997, free: 65_533n - 997n });
    expect(scans.count).toBe(before);
  });

  it('are the same whether the pool or its allocations were seen first', () => {
    const { apply, hold, tallies } = bench();
    hold('a', '192.168.0.5');
    apply({ name: 'a', ranges: ['192.168.0.4-192.168.0.6'] });
    hold('a', '192.168.0.6');
    expect(tallies.get('a')?.figures()).toMatchObject({ used: 2, free: 1n });
  });

  it('follow the spec of a pool, and are not made anew for its status', () => {
    const { apply, hold, scans, tallies } = bench();
    apply({ name: 'a', ranges: ['192.168.0.4-192.168.0.6'] });
    hold('a', '192.168.0.4');
    const before = scans.count;
    apply({ name: 'a', ranges: ['192.168.0.4-192.168.0.6'], status: { usage: { used: 1 } } });
    expect(scans.count).toBe(before);
    apply({ name: 'a', ranges: ['192.168.0.4-192.168.0.6', '192.168.0.9-192.168.0.9'], generation: 2 });
    expect(tallies.get('a')?.figures()).toMatchObject({ used: 1, total: 4n });
  });

  it('tell of the pool that changed, and of those whose overlaps did', () => {
    const { apply, hold, removePool, told, tallies } = bench();
    apply({ name: 'a', ranges: ['192.168.0.4-192.168.0.6'] });
    apply({ name: 'b', ranges: ['192.168.0.20-192.168.0.30'] });
    told.length = 0;
    hold('b', '192.168.0.20');
    expect(told).toEqual(['b']);
    told.length = 0;
    apply({ name: 'c', ranges: ['192.168.0.5-192.168.0.20'] });
    expect(told.toSorted()).toEqual(['a', 'b', 'c']);
    expect(tallies.overlapsOf('c')).toEqual(['a', 'b']);
    told.length = 0;
    removePool('c');
    expect(told.toSorted()).toEqual(['a', 'b', 'c']);
    expect(tallies.get('c')).toBeUndefined();
  });

  it('are none of a pool that is not valid', () => {
    const { apply, tallies } = bench();
    apply({ name: 'a', ranges: ['10.9.9.0/24'] });
    expect(tallies.get('a')).toBeUndefined();
  });

  it('tell of no overlap with a pool that is being deleted: it gives nothing any more', () => {
    const { apply, tallies, told } = bench();
    apply({ name: 'a', ranges: ['192.168.0.4-192.168.0.6'] });
    apply({ name: 'b', ranges: ['192.168.0.6-192.168.0.9'], more: { uid: 'b-uid' } });
    expect([tallies.overlapsOf('a'), tallies.overlapsOf('b')]).toStrictEqual([['b'], ['a']]);
    told.length = 0;
    const more = { uid: 'b-uid', deletionTimestamp: '2026-01-01T00:00:00Z' };
    apply({ name: 'b', ranges: ['192.168.0.6-192.168.0.9'], more });
    expect([tallies.overlapsOf('a'), tallies.overlapsOf('b')]).toStrictEqual([[], []]);
    expect(new Set(told)).toStrictEqual(new Set(['a', 'b']));
  });
});

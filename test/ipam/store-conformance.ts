import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { formatAddress } from '../../src/ipam/address.ts';
import type { PoolAdmin } from '../../src/ipam/pool-admin.ts';
import type { Allocation, OwnerFilter, Store } from '../../src/ipam/store.ts';
import { address, manifest, owner, texts } from './sample.ts';
import type { SamplePool } from './sample.ts';

/** A store of its own for each test, empty at first. */
export interface StoreUnderTest {
  readonly store: Store;
  readonly admin: PoolAdmin;
  /** The same store as another process sees it. */
  readonly reopen: () => Store;
  close(): Promise<void>;
}

/** What every driver of Store and PoolAdmin does. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let opened: StoreUnderTest;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    const current = (): StoreUnderTest => opened;
    describeAddresses(current);
    describeOrder(current);
    describePools(current);
  });
}

const small: SamplePool = { name: 'small', ranges: ['192.168.0.10-192.168.0.12'] };

function describeAddresses(current: () => StoreUnderTest): void {
  it('gives an address to the first who asks', async () => {
    const { store, admin, reopen } = current();
    await admin.applyPool(manifest(small), { force: false });
    const pool = await store.readPool('small');
    const first = await store.create(pool, address('192.168.0.10'), owner('a'));
    const second = await reopen().create(pool, address('192.168.0.10'), owner('b'));
    expect(first.created).toBe(true);
    expect(second).toStrictEqual({ created: false, allocation: first.allocation });
    expect(await reopen().get('small', address('192.168.0.10'))).toStrictEqual(first.allocation);
    expect(first.allocation).toMatchObject({ pool: 'small', poolUID: pool.uid, phase: 'Allocated', owner: owner('a') });
  });

  it('gives an address again after its release, as another allocation', async () => {
    const { store, admin } = current();
    await admin.applyPool(manifest(small), { force: false });
    const pool = await store.readPool('small');
    const first = await store.create(pool, address('192.168.0.10'), owner('a'));
    expect(await store.release(first.allocation)).toBe('released');
    expect(await store.get('small', address('192.168.0.10'))).toBeUndefined();
    const second = await store.create(pool, address('192.168.0.10'), owner('a'));
    expect(second.created).toBe(true);
    expect(second.allocation.version).not.toBe(first.allocation.version);
  });

  it('never releases the next allocation of the same address', async () => {
    const { store, admin, reopen } = current();
    await admin.applyPool(manifest(small), { force: false });
    const pool = await store.readPool('small');
    const { allocation: old } = await store.create(pool, address('192.168.0.10'), owner('a'));
    await store.release(old);
    const newer = await store.create(pool, address('192.168.0.10'), owner('a'));
    expect(await reopen().release(old)).toBe('changed');
    expect(await store.get('small', address('192.168.0.10'))).toStrictEqual(newer.allocation);
    await store.release(newer.allocation);
    expect(await store.release(old)).toBe('absent');
    expect(await store.release(newer.allocation)).toBe('absent');
  });

  it('finds allocations by owner, also where the pool is not asked for', async () => {
    const { store, admin } = current();
    await admin.applyPool(manifest(small), { force: false });
    await admin.applyPool(manifest({ name: 'six', ranges: ['2001::/64'], gateway: '2001::1', prefixLength: 64 }), {
      force: false,
    });
    const four = await store.readPool('small');
    const six = await store.readPool('six');
    await store.create(four, address('192.168.0.10'), owner('a', 'net1', 'x'));
    await store.create(four, address('192.168.0.11'), owner('a', 'net2', 'y'));
    await store.create(six, address('2001::ffff:0:1'), owner('a', 'net1', 'x'));
    await store.create(six, address('2001::2'), owner('b', 'net1', 'x'));
    const found = async (filter: OwnerFilter, pool?: string): Promise<string[]> => {
      const allocations = await collect(store.find(filter, pool));
      return texts(allocations.map((one) => one.address)).toSorted();
    };
    expect(await found({ containerID: 'a', ifName: 'net1' })).toStrictEqual(['192.168.0.10', '2001::ffff:0:1']);
    expect(await found({ network: 'x' })).toStrictEqual(['192.168.0.10', '2001::2', '2001::ffff:0:1']);
    expect(await found({ containerID: 'a' }, 'small')).toStrictEqual(['192.168.0.10', '192.168.0.11']);
    expect(await found({ node: 'elsewhere' })).toStrictEqual([]);
    expect(await found({}, 'none')).toStrictEqual([]);
  });

  // Spec §8 row 46: the interface is part of who the owner is.
  it('row 46: tells interfaces of one container apart', async () => {
    const { store, admin } = current();
    await admin.applyPool(manifest(small), { force: false });
    await store.create(await store.readPool('small'), address('192.168.0.10'), owner('fakeContainer', 'eth1'));
    expect(await collect(store.find({ containerID: 'fakeContainer', ifName: 'eth1' }))).toHaveLength(1);
    expect(await collect(store.find({ containerID: 'fakeContainer', ifName: '' }))).toHaveLength(0);
  });

  it('keeps an owner exactly as it was given, whatever is in it', async () => {
    const { store, admin } = current();
    await admin.applyPool(manifest(small), { force: false });
    const strange = owner('x"\n\u0000/../é', '../ü', '__proto__');
    const { allocation } = await store.create(await store.readPool('small'), address('192.168.0.10'), strange);
    expect(await store.get('small', address('192.168.0.10'))).toStrictEqual({ ...allocation, owner: strange });
  });
}

function describeOrder(current: () => StoreUnderTest): void {
  it('row 31: offers what is free until nothing is, and then ends', async () => {
    const { store, admin } = current();
    await admin.applyPool(
      manifest({ name: 'p', ranges: ['10.2.2.100-10.2.2.101', '10.2.2.200-10.2.2.200'], gateway: '10.2.2.1' }),
      { force: false },
    );
    const given = [await next(store, 'p'), await next(store, 'p'), await next(store, 'p'), await next(store, 'p')];
    expect(given).toHaveLength(4);
    expect(new Set(given.slice(0, 3))).toStrictEqual(new Set(['10.2.2.100', '10.2.2.101', '10.2.2.200']));
    expect(given[3]).toBeUndefined();
  });

  it('offers an address again that was released', async () => {
    const { store, admin } = current();
    await admin.applyPool(manifest(small), { force: false });
    await next(store, 'small');
    await next(store, 'small');
    await next(store, 'small');
    const held = await store.get('small', address('192.168.0.11'));
    if (held === undefined) throw new Error('192.168.0.11 should be held');
    await store.release(held);
    expect(await next(store, 'small')).toBe('192.168.0.11');
    expect(await next(store, 'small')).toBeUndefined();
  });

  it('row 39: gives 36 askers at once 36 addresses', async () => {
    const { store, admin, reopen } = current();
    await admin.applyPool(manifest({ name: 'p', ranges: ['10.2.2.100-10.2.2.135'], gateway: '10.2.2.1' }), {
      force: false,
    });
    const given = await Promise.all(Array.from({ length: 36 }, (_, index) => next(reopen(), 'p', `c${index}`)));
    expect(new Set(given).size).toBe(36);
    expect(given).not.toContain(undefined);
    expect(await next(store, 'p')).toBeUndefined();
  });
}

function describePools(current: () => StoreUnderTest): void {
  it('row 23: deletes a pool only when none of its addresses is held', async () => {
    const { store, admin } = current();
    await admin.applyPool(manifest(small), { force: false });
    const pool = await store.readPool('small');
    const { allocation } = await store.create(pool, address('192.168.0.10'), owner('a'));
    await expect(admin.deletePool('small')).rejects.toMatchObject({ kind: 'refused' });
    expect(await next(store, 'small')).toMatch(/^192\.168\.0\.1[12]$/);
    for (const held of await collect(store.find({}, 'small'))) await store.release(held);
    await admin.deletePool('small');
    await expect(admin.getPool('small')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(admin.deletePool('small')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(store.readPool('small')).rejects.toMatchObject({ kind: 'ipam' });
    await expect(store.create(pool, allocation.address, owner('a'))).rejects.toMatchObject({ kind: 'ipam' });
    expect(await collect(store.find({}))).toStrictEqual([]);
  });

  it('gives nothing to whoever still thinks of a pool of the same name that is gone', async () => {
    const { store, admin } = current();
    await admin.applyPool(manifest(small), { force: false });
    const old = await store.readPool('small');
    await admin.deletePool('small');
    await admin.applyPool(manifest(small), { force: false });
    await expect(store.create(old, address('192.168.0.10'), owner('a'))).rejects.toMatchObject({ kind: 'ipam' });
    const fresh = await store.readPool('small');
    expect(await store.create(fresh, address('192.168.0.10'), owner('a'))).toMatchObject({ created: true });
  });

  it.each(['', 'A', '../a', 'a/b', 'x'.repeat(64)])(
    'refuses %j as the name of a pool when it is waited for',
    async (name) => {
      const { store } = current();
      const asked = [store.readPool(name), store.get(name, address('192.168.0.10')), collect(store.find({}, name))];
      const outcomes = await Promise.allSettled(asked);
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'config' } });
    },
  );

  it('says what it did to a pool, and counts generations', async () => {
    const { store, admin } = current();
    const { generation } = await applied(current(), small, 'created');
    expect(await admin.applyPool(manifest(small), { force: false })).toBe('unchanged');
    const extended = { ...small, ranges: [...small.ranges, '192.168.0.20-192.168.0.20'] };
    expect((await applied(current(), extended, 'configured')).generation).toBeGreaterThan(generation);
    expect((await store.readPool('small')).ranges).toHaveLength(2);
  });

  it('rows 19 and 24: refuses to shrink a pool or to move it', async () => {
    const { admin } = current();
    await admin.applyPool(manifest(small), { force: false });
    await expect(admin.applyPool(manifest({ ...small, ranges: [] }), { force: true })).rejects.toMatchObject({
      kind: 'refused',
    });
    await expect(
      admin.applyPool(manifest({ ...small, gateway: '192.168.0.2' }), { force: true }),
    ).rejects.toMatchObject({ kind: 'refused' });
  });

  it('shows pools with what is used of them, by name', async () => {
    const { store, admin } = current();
    await admin.applyPool(manifest({ name: 'z', ranges: ['2001::/64'], gateway: '2001::1', prefixLength: 64 }), {
      force: false,
    });
    await admin.applyPool(manifest(small), { force: false });
    await next(store, 'small');
    const pools = await admin.listPools();
    expect(pools.map(({ metadata, status }) => [metadata.name, status.usage])).toStrictEqual([
      ['small', { used: 1, total: 3 }],
      ['z', { used: 0, total: Number.MAX_SAFE_INTEGER }],
    ]);
    expect(await admin.getPool('small')).toMatchObject({
      ...manifest(small),
      status: { usage: { used: 1, total: 3 } },
    });
  });

  it('row 18: a pool without ranges has no address', async () => {
    const { store, admin } = current();
    await admin.applyPool(manifest({ name: 'empty', ranges: [] }), { force: false });
    expect(await next(store, 'empty')).toBeUndefined();
    expect((await admin.getPool('empty')).status.usage).toStrictEqual({ used: 0, total: 0 });
  });
}

async function applied(
  { store, admin }: StoreUnderTest,
  pool: SamplePool,
  outcome: string,
): Promise<{ generation: number }> {
  expect(await admin.applyPool(manifest(pool), { force: false })).toBe(outcome);
  return store.readPool(pool.name ?? 'sample');
}

/** Takes what the store offers; undefined when it is exhausted. */
export async function next(store: Store, poolName: string, containerID = 'c'): Promise<string | undefined> {
  const pool = await store.readPool(poolName);
  for await (const candidate of store.candidates(pool)) {
    const { created } = await store.create(pool, candidate, owner(containerID));
    if (created) return formatAddress(candidate);
  }
  return undefined;
}

export async function collect(allocations: AsyncIterable<Allocation>): Promise<Allocation[]> {
  const collected: Allocation[] = [];
  for await (const allocation of allocations) collected.push(allocation);
  return collected;
}

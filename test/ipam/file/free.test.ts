import fs from 'node:fs';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { formatAddress } from '../../../src/ipam/address.ts';
import { poolIntervals } from '../../../src/ipam/allocatable.ts';
import type { Pool } from '../../../src/ipam/pool.ts';
import type { Store } from '../../../src/ipam/store.ts';
import { address, manifest, owner } from '../sample.ts';
import type { SamplePool } from '../sample.ts';
import { next } from '../store-conformance.ts';
import { openTemporary, tree } from './temporary.ts';
import type { TemporaryStore } from './temporary.ts';

let temporary: TemporaryStore;

beforeEach(() => {
  temporary = openTemporary();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await temporary.close();
});

async function makePool(sample: SamplePool): Promise<Pool> {
  await temporary.admin.applyPool(manifest({ name: 'p', ...sample }), { force: false });
  return temporary.store.readPool('p');
}

/** Makes the first addresses of the pool look held, without the cost of allocating each. */
function occupy(pool: Pool, count: number): void {
  let left = count;
  for (const { first, last } of poolIntervals(pool)) {
    for (let value = first; value <= last && left > 0; value += 1n, left -= 1) occupyOne(pool, value);
  }
}

function occupyOne(pool: Pool, value: bigint): void {
  const block = (value >> 8n).toString(16).padStart(pool.family === 4 ? 6 : 30, '0');
  fs.mkdirSync(claimPath(block, value), { recursive: true });
  fs.writeFileSync(`${claimPath(block, value)}/1-occupied.json`, '');
}

function claimPath(block: string, value: bigint): string {
  return `${temporary.dataDir}/allocations/p/${block}/${(value & 0xffn).toString(16).padStart(2, '0')}`;
}

async function freeUp(pool: Pool, text: string): Promise<unknown> {
  return temporary.store.release({
    pool: pool.name,
    poolUID: pool.uid,
    address: address(text),
    phase: 'Allocated',
    owner: owner('x'),
    version: '1-occupied',
  });
}

/** How many directories are read, and files written, by `act`. */
async function countCalls<T>(act: () => Promise<T>): Promise<{ reads: number; all: number; result: T }> {
  const names = [
    'readdirSync',
    'openSync',
    'mkdirSync',
    'renameSync',
    'unlinkSync',
    'rmdirSync',
    'statSync',
    'existsSync',
    'readFileSync',
    'linkSync',
    'rmSync',
  ] as const;
  const spies = names.map((name) => vi.spyOn(fs, name));
  const result = await act();
  const [reads = 0] = spies.map((spy) => spy.mock.calls.length);
  const all = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  vi.restoreAllMocks();
  return { reads, all, result };
}

const slash8: SamplePool = { ranges: ['10.0.0.0/8'], gateway: '10.0.0.1', prefixLength: 8 };

describe('an allocation costs', () => {
  it('fifteen file-system calls or fewer in an empty /24', async () => {
    await makePool({ ranges: ['10.0.0.0/24'], gateway: '10.0.0.1' });
    await next(temporary.store, 'p');
    const { reads, all } = await countCalls(() => next(temporary.store, 'p'));
    expect(reads).toBe(1);
    expect(all).toBeLessThanOrEqual(15);
  });

  it.each<[string, SamplePool, number]>([
    ['an empty /8', slash8, 3],
    ['an empty IPv6 /64', { ranges: ['2001::/64'], gateway: '2001::1', prefixLength: 64 }, 8],
    ['an empty IPv6 /16', { ranges: ['2001::/16'], gateway: '2001::1', prefixLength: 16 }, 14],
  ])('one directory per level in %s', async (_, sample, levels) => {
    await makePool(sample);
    expect((await countCalls(() => next(temporary.store, 'p'))).reads).toBeLessThanOrEqual(levels);
  });

  it('one directory per level in a /8 with the lowest 60,000 addresses held and with holes, found lowest first', async () => {
    const pool = await makePool(slash8);
    // Only the lowest 4 blocks really, since 60,000 directories take a test too long; the rest of the 60,000 by markers.
    occupy(pool, 4 * 256);
    const blocks = temporary.store.candidates(pool)[Symbol.asyncIterator]();
    await blocks.next();
    await blocks.return?.();
    markLikeASearch(pool, 234);
    expect(await next(temporary.store, 'p')).toBe('10.0.234.0');
    const settled = await countCalls(() => next(temporary.store, 'p'));
    expect(settled.reads).toBeLessThanOrEqual(3);
    for (const hole of ['10.0.3.7', '10.0.0.200', '10.0.2.255']) await freeUp(pool, hole);
    const costs: number[] = [];
    const allocate = async (): Promise<string | undefined> => next(temporary.store, 'p');
    for (const expected of ['10.0.0.200', '10.0.2.255', '10.0.3.7', '10.0.234.2']) {
      const { reads, result } = await countCalls(allocate);
      expect(result).toBe(expected);
      costs.push(reads);
    }
    // A block that has just been filled is looked at once more, and its marker checked.
    expect(Math.max(...costs)).toBeLessThanOrEqual(6);
  });
});

/** As if a search had found the first blocks of the pool full. */
function markLikeASearch(pool: Pool, count: number): void {
  const dir = `${temporary.dataDir}/full/p/${pool.uid}.${pool.generation}/a000002/2-a00`;
  fs.mkdirSync(dir, { recursive: true });
  for (let digit = 0; digit < count; digit += 1) fs.writeFileSync(`${dir}/${digit.toString(16).padStart(2, '0')}`, '');
}

describe('a search for a free address', () => {
  it('finds one whose release died half-way, before it calls the pool exhausted', async () => {
    const pool = await makePool({ ranges: ['10.0.0.0/22'], gateway: '10.0.0.1', prefixLength: 22 });
    occupy(pool, 1022);
    expect(await next(temporary.store, 'p')).toBeUndefined();
    for (const path of [claimPath('0a0001', 0x07n), claimPath('0a0003', 0x09n)]) {
      fs.rmSync(path, { recursive: true });
      fs.mkdirSync(path);
    }
    expect(await next(temporary.store, 'p')).toBe('10.0.1.7');
    expect(await next(temporary.store, 'p')).toBe('10.0.3.9');
    expect(await next(temporary.store, 'p')).toBeUndefined();
  });

  it('finds what is free although a marker says otherwise, before it calls the pool exhausted, and repairs the marker', async () => {
    const pool = await makePool({ ranges: ['10.0.0.0/22'], gateway: '10.0.0.1', prefixLength: 22 });
    occupy(pool, 1022);
    expect(await next(temporary.store, 'p')).toBeUndefined();
    // Somebody died between releasing and unmarking.
    fs.rmSync(claimPath('0a0001', 0x07n), { recursive: true });
    expect(await next(temporary.store, 'p')).toBe('10.0.1.7');
    expect(await next(temporary.store, 'p')).toBeUndefined();
    fs.rmSync(claimPath('0a0001', 0x08n), { recursive: true });
    fs.rmSync(claimPath('0a0001', 0x09n), { recursive: true });
    expect(await next(temporary.store, 'p')).toBe('10.0.1.8');
    await freeUp(pool, '10.0.3.3');
    // The marker was repaired, so that the lowest comes first again.
    expect(await next(temporary.store, 'p')).toBe('10.0.1.9');
    expect(await next(temporary.store, 'p')).toBe('10.0.3.3');
    expect(await next(temporary.store, 'p')).toBeUndefined();
  });

  it('leaves no marker above an address that is released while the marker is written', async () => {
    const pool = await makePool({ ranges: ['10.0.0.0/23'], gateway: '10.0.0.1', prefixLength: 23 });
    occupy(pool, 254);
    const write = fs.openSync;
    const spy = vi.spyOn(fs, 'openSync').mockImplementation((path, ...more) => {
      if (String(path).includes('/full/')) {
        spy.mockRestore();
        void freeUp(pool, '10.0.0.7');
      }
      return write(path, ...more);
    });
    expect(await next(temporary.store, 'p')).toBe('10.0.1.0');
    expect(await next(temporary.store, 'p')).toBe('10.0.0.7');
  });

  it('finds what becomes free behind its look, when the last one before it is taken', async () => {
    const pool = await makePool({ ranges: ['10.0.0.0/23'], gateway: '10.0.0.1', prefixLength: 23 });
    occupy(pool, 254 + 254);
    const list = fs.readdirSync;
    const restore = (): unknown => Object.assign(fs, { readdirSync: list });
    onTestFinished(() => void restore());
    const readdirSync = (path: string): readonly string[] => {
      if (path.endsWith('/0a0001')) {
        restore();
        void freeUp(pool, '10.0.0.7');
        occupyOne(pool, address('10.0.1.254').value);
      }
      return list(path);
    };
    Object.assign(fs, { readdirSync });
    expect(await next(temporary.store, 'p')).toBe('10.0.0.7');
    expect(await next(temporary.store, 'p')).toBeUndefined();
  });

  it('finds what is released above several levels of markers', async () => {
    const pool = await makePool({ ranges: ['10.0.0.0-10.1.0.5'], gateway: '10.0.0.1', prefixLength: 8 });
    markLikeASearch(pool, 0);
    const base = `${temporary.dataDir}/full/p/${pool.uid}.${pool.generation}/a000002`;
    occupyOne(pool, 0x0a00_0909n);
    for (let digit = 0; digit < 256; digit += 1)
      fs.writeFileSync(`${base}/2-a00/${digit.toString(16).padStart(2, '0')}`, '');
    fs.mkdirSync(`${base}/3-a`);
    fs.writeFileSync(`${base}/3-a/00`, '');
    expect(await next(temporary.store, 'p')).toBe('10.1.0.0');
    await freeUp(pool, '10.0.9.9');
    expect(await next(temporary.store, 'p')).toBe('10.0.9.0');
    expect(tree(base).includes('3-a/00')).toBe(false);
  });

  it('forgets markers when the pool changes', async () => {
    const pool = await makePool({
      ranges: ['10.0.0.0/22'],
      gateway: '10.0.0.1',
      prefixLength: 8,
      excludes: ['10.0.0.9'],
    });
    occupy(pool, 1021);
    expect(await next(temporary.store, 'p')).toBeUndefined();
    expect(tree(`${temporary.dataDir}/full/p`).length).toBeGreaterThan(3);
    await makePool({ ranges: ['10.0.0.0/22'], gateway: '10.0.0.1', prefixLength: 8 });
    expect(tree(`${temporary.dataDir}/full/p`)).toStrictEqual([]);
    expect(await next(temporary.store, 'p')).toBe('10.0.0.9');
  });

  it('gives what a simple model gives, whatever is allocated and released in between', async () => {
    const range = fc
      .tuple(fc.integer({ min: 180, max: 300 }), fc.integer({ min: 0, max: 150 }))
      .map(([from, size]) => `${ip(from)}-${ip(from + size)}`);
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 60 }).map((count) => ({ take: count })) },
      fc.nat().map((index) => ({ free: index })),
    );
    await fc.assert(
      fc.asyncProperty(range, fc.array(step, { maxLength: 10 }), async (text, steps) => {
        const own = openTemporary();
        try {
          await runAgainstModel(own, text, steps);
        } finally {
          await own.close();
        }
      }),
      { numRuns: 10 },
    );
  });
});

type ModelStep = { readonly take: number } | { readonly free: number };

async function runAgainstModel(
  { store, admin }: TemporaryStore,
  range: string,
  steps: readonly ModelStep[],
): Promise<void> {
  await admin.applyPool(manifest({ name: 'p', ranges: [range], gateway: '10.0.0.1', prefixLength: 8 }), {
    force: false,
  });
  const pool = await store.readPool('p');
  const all = poolIntervals(pool).flatMap(({ first, last }) =>
    Array.from({ length: Number(last - first) + 1 }, (_, index) => first + BigInt(index)),
  );
  const taken = new Set<bigint>();
  for (const step of steps) {
    if ('take' in step) {
      await take(store, { count: step.take, all, taken });
      continue;
    }
    const value = Array.from(taken)[step.free % Math.max(taken.size, 1)];
    const held = value === undefined ? undefined : await store.get('p', { family: 4, value });
    if (held === undefined) continue;
    await store.release(held);
    taken.delete(held.address.value);
  }
}

async function take(store: Store, model: { count: number; all: readonly bigint[]; taken: Set<bigint> }): Promise<void> {
  const expected = model.all.filter((value) => !model.taken.has(value)).slice(0, model.count);
  for (const value of expected) {
    expect(await next(store, 'p')).toBe(formatAddress({ family: 4, value }));
    model.taken.add(value);
  }
  if (expected.length < model.count) expect(await next(store, 'p')).toBeUndefined();
}

function ip(offset: number): string {
  return formatAddress({ family: 4, value: 0x0a00_0000n + BigInt(offset) });
}

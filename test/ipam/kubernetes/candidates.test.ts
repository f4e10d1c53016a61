import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poolIntervals } from '../../../src/ipam/allocatable.ts';
import { formatAddress, type Address } from '../../../src/ipam/address.ts';
import { intervalContains } from '../../../src/ipam/interval.ts';
import { searchFree } from '../../../src/ipam/kubernetes/candidates.ts';
import { readFreeRanges } from '../../../src/ipam/kubernetes/free-ranges.ts';
import { readPool, type Pool } from '../../../src/ipam/pool.ts';
import { address, manifest, type SamplePool } from '../sample.ts';

describe('the search for a free address', () => {
  it('begins with the lowest of those that the controller says are free', async () => {
    const { first } = await search({ ranges: ['10.0.0.0/16'], free: ['10.0.7.9', '10.0.9.0-10.0.9.255'] });
    expect(first).toBe('10.0.7.9');
  });

  it('goes on among them by chance, and then anywhere in the pool', async () => {
    const { tried } = await search({ ranges: ['10.0.0.0/16'], free: ['10.0.7.0-10.0.7.255'], taken: () => true });
    const inside = tried.slice(0, 16).filter((text) => text.startsWith('10.0.7.'));
    const outside = tried.slice(16).filter((text) => !text.startsWith('10.0.7.'));
    expect(inside).toHaveLength(16);
    expect(outside.length).toBeGreaterThan(40);
  });

  it('tries the first guess unseen, and looks for more and more of the others at once', async () => {
    const { looks } = await search({ ranges: ['10.0.0.0/16'], taken: () => true });
    expect(looks).toStrictEqual([7, 16, 40]);
    expect(await search({ ranges: ['10.0.0.0/16'] })).toMatchObject({ looks: [], lists: 0 });
  });

  it.each([true, false])('is not misled by a look that is out of date (%s)', async (looksTaken) => {
    const { found } = await search({
      ranges: ['10.0.0.10-10.0.0.40'],
      taken: (text) => text !== '10.0.0.33',
      looksTaken: () => looksTaken,
    });
    expect(found).toBe('10.0.0.33');
  });

  it('lists the pool once, after 64 addresses that others hold, and only then says that none is free', async () => {
    const { tried, lists } = await search({ ranges: ['10.0.0.0/16'], taken: () => true });
    expect({ tried: tried.length, distinct: new Set(tried).size, lists }).toStrictEqual({
      tried: 64,
      distinct: 64,
      lists: 1,
    });
  });

  it('lists a small pool as soon as it has tried all of it', async () => {
    const { tried, lists } = await search({ ranges: ['10.0.0.10-10.0.0.12'], taken: () => true });
    expect({ tried: tried.toSorted(), lists }).toStrictEqual({
      tried: ['10.0.0.10', '10.0.0.11', '10.0.0.12'],
      lists: 1,
    });
  });

  it('finds the one address that is free in a pool of a million', async () => {
    const { found } = await search({
      ranges: ['10.16.0.0/12'],
      taken: (text) => text !== '10.18.3.4',
      gateway: '10.16.0.1',
      prefixLength: 12,
    });
    expect(found).toBe('10.18.3.4');
  });

  it('does not list a pool without addresses', async () => {
    expect(await search({ ranges: [] })).toMatchObject({ found: undefined, lists: 0 });
  });

  it('takes what is free in the list for free, though it was held before', async () => {
    const held = new Set(['10.0.0.10', '10.0.0.11']);
    const { found } = await search({
      ranges: ['10.0.0.10-10.0.0.11'],
      taken: (text) => held.has(text),
      beforeList: () => held.delete('10.0.0.11'),
    });
    expect(found).toBe('10.0.0.11');
  });

  it('ends when the only free address is one that the caller has other plans for', async () => {
    const { found, lists } = await search({
      ranges: ['10.0.0.10-10.0.0.11'],
      taken: (text) => text === '10.0.0.10',
      passOver: '10.0.0.11',
    });
    expect({ found, lists }).toStrictEqual({ found: undefined, lists: 2 });
  });

  it('asks to try again when others are faster each time', async () => {
    const always = search({ ranges: ['10.0.0.10-10.0.0.11'], taken: () => true, listed: () => [] });
    await expect(always).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('offers only what may be allocated, and each address once, whatever is hinted at', async () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 40 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(range, { maxLength: 8 }),
        fc.array(range, { maxLength: 4 }),
        async (hints, excludes) => {
          const pool = poolOf({
            ranges: ['10.9.0.0/24', '10.9.1.100-10.9.1.120'],
            gateway: '10.9.0.1',
            prefixLength: 23,
            excludes: excludes.map(spanText),
          });
          const tried = await collect(pool, readFreeRanges({ status: { free: hints.map(spanText) } }, pool));
          expect(new Set(tried).size).toBe(tried.length);
          const intervals = poolIntervals(pool);
          expect(tried.every((value) => intervals.some((interval) => intervalContains(interval, value)))).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('hints of the controller', () => {
  const pool = poolOf({ ranges: ['192.168.0.0/24'] });

  it.each<[string, unknown]>([
    ['none', undefined],
    ['null', null],
    ['a number', 5],
    ['what is no address', ['x']],
    ['another family', ['2001:db8::/64']],
    ['another subnet', ['10.0.0.0-10.0.0.255']],
    ['too many', Array.from({ length: 300 }, () => '192.168.0.7')],
  ])('that are %s are no hints', (_name, free) => {
    expect(readFreeRanges({ status: { free } }, pool)).toStrictEqual([]);
    expect(readFreeRanges({}, pool)).toStrictEqual([]);
  });

  it('are cut to what the pool has: never its gateway, nor the ends of its subnet', () => {
    const first = address('192.168.0.2').value;
    const last = address('192.168.0.254').value;
    expect(readFreeRanges({ status: { free: ['192.168.0.0-192.168.1.9'] } }, pool)).toStrictEqual([{ first, last }]);
  });
});

interface Scene extends SamplePool {
  readonly free?: readonly string[];
  readonly taken?: (address: string) => boolean;
  /** What a look tells, if it is not the truth. */
  readonly looksTaken?: (address: string) => boolean;
  readonly listed?: () => readonly bigint[];
  readonly beforeList?: () => void;
  readonly passOver?: string;
}

interface Seen {
  readonly first: string | undefined;
  readonly found: string | undefined;
  /** Also what was only looked for. */
  readonly tried: readonly string[];
  /** How many were looked for together. */
  readonly looks: readonly number[];
  readonly lists: number;
}

async function search(scene: Scene): Promise<Seen> {
  const { free = [], taken = () => false, looksTaken, listed, beforeList, passOver } = scene;
  const pool = poolOf({ gateway: '10.0.0.1', prefixLength: 16, ...scene });
  const seen = new Set<string>();
  const looks: number[] = [];
  let lists = 0;
  let last: Address | undefined;
  const result = (found?: string): Seen => ({ first: [...seen][0], found, tried: [...seen], looks, lists });
  const withoutHolder = async (addresses: readonly Address[]): Promise<readonly Address[]> => {
    looks.push(addresses.length);
    for (const one of addresses) seen.add(formatAddress(one));
    return addresses.filter((one) => !(looksTaken ?? taken)(formatAddress(one)));
  };
  const listHeld = async (): Promise<readonly bigint[]> => {
    lists += 1;
    beforeList?.();
    return listed?.() ?? heldValues(pool, taken);
  };
  const hints = readFreeRanges({ status: { free } }, pool);
  const wasTried = (one: Address): boolean => last?.value === one.value;
  const all = searchFree({ pool, free: hints, chance: Math.random, withoutHolder, listHeld, wasTried });
  for await (const one of all) {
    const text = formatAddress(one);
    if (text === passOver) continue;
    last = one;
    seen.add(text);
    if (!taken(text)) return result(text);
  }
  return result();
}

function heldValues(pool: Pool, taken: (address: string) => boolean): bigint[] {
  const held: bigint[] = [];
  for (const { first, last } of poolIntervals(pool)) {
    for (let value = first; value <= last; value++)
      if (taken(formatAddress({ family: pool.family, value }))) held.push(value);
  }
  return held;
}

async function collect(pool: Pool, free: ReturnType<typeof readFreeRanges>): Promise<bigint[]> {
  const tried: bigint[] = [];
  const all = poolIntervals(pool);
  const listHeld = async (): Promise<bigint[]> => all.flatMap(({ first, last }) => valuesOf(first, last));
  const scene = { pool, free, chance: Math.random, withoutHolder: same, listHeld };
  for await (const { value } of searchFree({ ...scene, wasTried: () => true })) tried.push(value);
  return tried;
}

async function same(some: readonly Address[]): Promise<readonly Address[]> {
  return some;
}

function valuesOf(first: bigint, last: bigint): bigint[] {
  return Array.from({ length: Number(last - first + 1n) }, (_, index) => first + BigInt(index));
}

function poolOf(sample: SamplePool): Pool {
  return readPool(manifest(sample));
}

function spanText([first, length]: readonly [number, number]): string {
  return `${at(first)}-${at(Math.min(first + length, 511))}`;
}

function at(offset: number): string {
  return formatAddress({ family: 4, value: address('10.9.0.0').value + BigInt(offset) });
}

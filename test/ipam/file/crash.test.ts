import fs from 'node:fs';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatAddress } from '../../../src/ipam/address.ts';
import { sweep } from '../../../src/ipam/file/sweep.ts';
import { releaseFound } from '../../../src/ipam/release.ts';
import type { Allocation } from '../../../src/ipam/store.ts';
import { manifest } from '../sample.ts';
import { collect, next } from '../store-conformance.ts';
import { openTemporary, tree } from './temporary.ts';
import type { TemporaryStore } from './temporary.ts';

const ranges = ['10.0.0.250-10.0.1.5'];
const size = 12;

const effects = [
  'mkdirSync',
  'openSync',
  'writeFileSync',
  'fdatasyncSync',
  'renameSync',
  'unlinkSync',
  'rmdirSync',
  'rmSync',
] as const;

/**
 * Lets the process have `left` more effects on files; from then on each attempt throws, as if the
 * process were gone. Returns what brings it back.
 */
function killAfter(left: number): () => void {
  const life = { left };
  const originals = effects.map((name) => [name, Reflect.get(fs, name)] as const);
  for (const [name, original] of originals) Reflect.set(fs, name, mortal(original, life));
  return () => {
    for (const [name, original] of originals) Reflect.set(fs, name, original);
  };
}

function mortal(original: unknown, life: { left: number }): (...args: unknown[]) => unknown {
  return (...args) => {
    life.left -= 1;
    if (life.left < 0) throw new Error('killed');
    const result: unknown = typeof original === 'function' ? Reflect.apply(original, fs, args) : undefined;
    return result;
  };
}

type Act = 'allocate' | 'release' | 'extend' | 'delete';

/** Returns whether it got to its end. */
async function actUntilKilled(temporary: TemporaryStore, act: Act, effectsLeft: number): Promise<boolean> {
  const held = await collect(temporary.store.find({}));
  const revive = killAfter(effectsLeft);
  try {
    if (act === 'allocate') await next(temporary.reopen(), 'p', 'killed');
    if (act === 'release' && held[0] !== undefined) await temporary.reopen().release(held[0]);
    if (act === 'extend') await temporary.admin.applyPool(pool({ extra: true }), { force: false });
    if (act === 'delete') await temporary.admin.deletePool('p');
    return true;
  } catch {
    return false;
  } finally {
    revive();
  }
}

function pool({ extra }: { extra: boolean }): unknown {
  return manifest({
    name: 'p',
    ranges: extra ? [...ranges, '10.0.9.1-10.0.9.1'] : ranges,
    gateway: '10.0.0.1',
    prefixLength: 8,
  });
}

describe('a process that is killed', () => {
  it('at any instant loses no address, gives none twice and leaves nothing that cannot be read', async () => {
    const act = fc.constantFrom<Act>('allocate', 'release', 'extend', 'delete');
    await fc.assert(
      fc.asyncProperty(act, fc.nat(size), fc.nat(12), async (what, count, effectsLeft) => {
        const temporary = openTemporary();
        try {
          await temporary.admin.applyPool(pool({ extra: false }), { force: false });
          for (let index = 0; index < count; index += 1) await next(temporary.store, 'p', `c${index}`);
          const before = await collect(temporary.store.find({}));
          await actUntilKilled(temporary, what, effectsLeft);
          await expectSane(temporary, { what, before });
        } finally {
          await temporary.close();
        }
      }),
      { numRuns: 200 },
    );
  });
});

async function expectSane(
  temporary: TemporaryStore,
  { what, before }: { what: Act; before: Allocation[] },
): Promise<void> {
  const { store, admin, dataDir } = temporary;
  // Its process id lives on here, so that the lock would look held; see lock.test.ts.
  fs.rmSync(`${dataDir}/pools.lock`, { recursive: true, force: true });
  const after = await collect(temporary.reopen().find({}));
  const others = before.slice(what === 'release' ? 1 : 0);
  expect(names(after)).toStrictEqual(expect.arrayContaining(names(others)));
  expect(after.length).toBeLessThanOrEqual(before.length + (what === 'allocate' ? 1 : 0));
  for (const allocation of others) expect(await store.get('p', allocation.address)).toStrictEqual(allocation);
  await releaseFound({ store, filter: {} });
  // A deletion that was killed is finished by the next one.
  if (what === 'delete') await admin.deletePool('p').catch(() => undefined);
  await admin.applyPool(pool({ extra: true }), { force: false });
  const given = new Set<string>();
  for (let address = await next(store, 'p'); address !== undefined; address = await next(store, 'p'))
    given.add(address);
  expect(given.size).toBe(size + 1);
  sweep({ dataDir, now: new Date(Date.now() + 25 * 3_600_000) });
  expect(tree(`${dataDir}/tmp`)).toStrictEqual([]);
}

function names(allocations: readonly Allocation[]): string[] {
  return allocations.map(({ address, version }) => `${formatAddress(address)} ${version}`);
}

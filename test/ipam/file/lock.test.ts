import fs from 'node:fs';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { withPoolsLocked } from '../../../src/ipam/file/lock.ts';
import { startOf } from '../../../src/ipam/file/process.ts';
import { sweep } from '../../../src/ipam/file/sweep.ts';
import { openTemporary, tree } from './temporary.ts';
import type { TemporaryStore } from './temporary.ts';

let temporary: TemporaryStore;

beforeEach(() => {
  temporary = openTemporary();
});

afterEach(() => temporary.close());

function holdAs(holder: string): void {
  fs.mkdirSync(`${temporary.dataDir}/pools.lock`);
  fs.writeFileSync(`${temporary.dataDir}/pools.lock/${holder}.json`, '');
}

describe('who changes pools', () => {
  it('does so alone', async () => {
    const order: string[] = [];
    const change = async (name: string): Promise<void> =>
      withPoolsLocked(temporary.dataDir, () => void order.push(name, name));
    await Promise.all(['a', 'b', 'c'].map(change));
    expect(order.toSorted((a, b) => order.indexOf(a) - order.indexOf(b))).toStrictEqual(order);
    expect(order).toHaveLength(6);
    expect(tree(temporary.dataDir)).toStrictEqual(['tmp/']);
  });

  it.each([
    ['that is dead', '1.4194305-x'],
    ['whose id another process has by now', `1.${process.pid}-x`],
  ])('does not wait for a holder %s', async (_, holder) => {
    holdAs(holder);
    expect(await withPoolsLocked(temporary.dataDir, () => 'changed')).toBe('changed');
    expect(tree(temporary.dataDir)).toStrictEqual(['tmp/']);
  });

  it('waits for one that lives', async () => {
    holdAs(`${startOf(process.pid)}.${process.pid}-x`);
    const waiting = withPoolsLocked(temporary.dataDir, () => 'changed');
    fs.rmSync(`${temporary.dataDir}/pools.lock`, { recursive: true });
    expect(await waiting).toBe('changed');
  });

  it('leaves the lock to others when the change fails', async () => {
    const failing = withPoolsLocked(temporary.dataDir, () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(tree(temporary.dataDir)).toStrictEqual(['tmp/']);
  });
});

describe('sweeping', () => {
  const hour = 3_600_000;

  it('removes what the dead have left, and nothing that is young, living, or not ours', () => {
    const tmp = `${temporary.dataDir}/tmp`;
    fs.mkdirSync(`${tmp}/ipam-4194305-dead`, { recursive: true });
    fs.writeFileSync(`${tmp}/ipam-4194305-dead/x.json`, '');
    fs.writeFileSync(`${tmp}/ipam-9.4194305-dead-lock`, '');
    fs.writeFileSync(`${tmp}/ipam-${process.pid}-living`, '');
    fs.writeFileSync(`${tmp}/of-somebody-else`, '');
    const sweepAt = (later: number): number => sweep({ dataDir: temporary.dataDir, now: new Date(Date.now() + later) });
    expect(sweepAt(0)).toBe(0);
    expect(sweepAt(hour)).toBe(2);
    expect(tree(tmp)).toStrictEqual([`ipam-${process.pid}-living`, 'of-somebody-else']);
    expect(sweepAt(25 * hour)).toBe(1);
  });

  it('has nothing to do where nothing is', () => {
    expect(sweep({ dataDir: '/nowhere', now: new Date() })).toBe(0);
  });
});

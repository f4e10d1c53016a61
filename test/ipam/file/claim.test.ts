import fs from 'node:fs';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { claim, claimant, prepareClaim, releaseClaim } from '../../../src/ipam/file/claim.ts';
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

it('what a claim says is on disk before anybody can see the claim', () => {
  const calls: string[] = [];
  const [flush, rename] = [fs.fdatasyncSync, fs.renameSync];
  vi.spyOn(fs, 'fdatasyncSync').mockImplementation((descriptor) => {
    calls.push(`flush ${fs.readFileSync(`/proc/self/fd/${descriptor}`, 'utf8')}`);
    flush(descriptor);
  });
  vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
    calls.push('rename');
    rename(from, to);
  });
  const prepared = prepareClaim(temporary.dataDir, 'whose');
  expect(claim(prepared, `${temporary.dataDir}/it`)).toBe(true);
  expect(calls).toStrictEqual(['flush whose', 'rename']);
  expect(claimant(`${temporary.dataDir}/it`)).toBe(prepared.id);
});

it('nothing is left of a claim for which the disk has no room', () => {
  vi.spyOn(fs, 'fdatasyncSync').mockImplementation(() => {
    throw new Error('ENOSPC');
  });
  expect(() => prepareClaim(temporary.dataDir, 'whose')).toThrow('ENOSPC');
  expect(tree(temporary.dataDir)).toStrictEqual(['tmp/']);
});

it('an empty directory of somebody who died while releasing is free, and is tidied up', () => {
  const path = `${temporary.dataDir}/it`;
  fs.mkdirSync(path);
  expect(claim(prepareClaim(temporary.dataDir, 'whose'), path)).toBe(true);
  const [id = ''] = [claimant(path)];
  expect(releaseClaim(path, id)).toBe(true);
  fs.mkdirSync(path);
  expect(claimant(path)).toBeUndefined();
  expect(tree(temporary.dataDir)).toStrictEqual(['tmp/']);
});

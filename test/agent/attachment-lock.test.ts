import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { attachmentLocks } from '../../src/agent/attachment-lock.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);
let dir: string;
beforeEach(async () => {
  dir = (await resources.use(makeTempDir())).path;
});

/** What a dead process has left: there are never that many of them. */
function leave(key: string, file: string, content = ''): void {
  mkdirSync(join(dir, 'locks', key), { recursive: true });
  writeFileSync(join(dir, 'locks', key, file), content);
}

it('gives those attachments that nobody works on, and has a lock of each as long as it is worked on', async () => {
  const locks = attachmentLocks(dir);
  leave('killed', '999999999.1');
  leave('left', '999999999.1', 'agent');
  const free = await locks.whileFree(['one', 'killed', 'left', 'two'], async (those) => {
    expect(existsSync(join(dir, 'locks/one'))).toBe(true);
    expect(await locks.whileFree(['one', 'three'], async (others) => [...others])).toEqual(['three']);
    return [...those];
  });
  expect(free).toEqual(['one', 'left', 'two']);
  expect(['one', 'left', 'two'].map((key) => existsSync(join(dir, 'locks', key)))).toEqual([false, false, false]);
  expect(existsSync(join(dir, 'locks/killed/999999999.1'))).toBe(true);
});

it('gives them back when the work fails', async () => {
  const locks = attachmentLocks(dir);
  await expect(locks.whileFree(['one'], () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await locks.whileFree(['one'], async (free) => free.size)).toBe(1);
});

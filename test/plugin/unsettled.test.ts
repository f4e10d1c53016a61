import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { settle, settleIfPossible } from '../../src/plugin/unsettled.ts';
import { files, type Files } from '../../src/system/files.ts';
import { keptText } from '../../src/system/kept-file.ts';
import { deadlineIn } from '../../src/system/time.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { contextOf } from './call-context.ts';

const resources = createResources();
afterEach(resources.release);

const minute = 60_000;

describe('what may have been created late', () => {
  it.each([
    { by: 'nobody', after: () => {}, looks: 1, left: 0 },
    { by: 'another call, which has settled it', after: (path: string) => rmSync(path), looks: 0, left: 0 },
    { by: 'a DEL of its attachment, which has come and gone again', after: write, looks: 0, left: 1 },
  ])('is looked for by one call: its lock was held by $by', async ({ after, looks, left }) => {
    const { path: dataDir } = await resources.use(makeTempDir('unsettled'));
    const folder = join(dataDir, 'unsettled');
    mkdirSync(folder);
    const path = join(folder, 'a.json');
    write(path, Date.now() - minute);
    const found: unknown[] = [];
    const context = contextOf(dataDir, 'net1', { files: changedOnce(after, path) });
    const { store } = context;
    const find: typeof store.find = (filter, pool) => {
      found.push(filter);
      return store.find(filter, pool);
    };
    await settle({ ...context, store: { ...store, find } });
    expect([found.length, files.list(folder).length]).toStrictEqual([looks, left]);
  });

  it('is looked for although the clock has been set back since, by years', async () => {
    const { path: dataDir } = await resources.use(makeTempDir('unsettled'));
    const folder = join(dataDir, 'unsettled');
    mkdirSync(folder);
    write(join(folder, 'a.json'), Date.now() + 1e6 * minute);
    await settle(contextOf(dataDir, 'net1'));
    expect(files.list(folder)).toStrictEqual([]);
  });

  it('keeps nobody waiting: what a DEL has not asked for may take 5 s of it', async () => {
    const { path: dataDir } = await resources.use(makeTempDir('unsettled'));
    mkdirSync(join(dataDir, 'unsettled'));
    write(join(dataDir, 'unsettled', 'a.json'), Date.now() - minute);
    const left: number[] = [];
    const context = contextOf(dataDir, 'net1', { deadline: deadlineIn(minute) });
    const { store, deadline } = context;
    const find: typeof store.find = (filter, pool) => {
      left.push(deadline.remaining());
      return store.find(filter, pool);
    };
    await settleIfPossible({ ...context, store: { ...store, find } });
    expect(left).toHaveLength(1);
    expect(left[0]).toBeLessThanOrEqual(5000);
  });
});

function write(path: string, since = Date.now()): void {
  writeFileSync(path, keptText({ network: 'blue', containerID: 'c1', ifname: 'net1', pools: ['a'], since }));
}

/** As if this call had to wait for the lock of the attachment between its first look at the record and the second. */
function changedOnce(change: (path: string) => void, path: string): Files {
  let looks = 0;
  return {
    ...files,
    readIfThere: (name) => {
      if (name === path && looks++ === 1) change(path);
      return files.readIfThere(name);
    },
  };
}

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { folderWatch, type FolderWatch } from '../../../src/agent/install/folder-watch.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';

const resources = createResources();
afterEach(resources.release);

interface SetUp extends FolderWatch {
  readonly dir: string;
  readonly said: readonly string[];
  readonly changes: () => number;
}

async function setUp(): Promise<SetUp> {
  const { path } = await resources.use(makeTempDir('watch'));
  const said: string[] = [];
  let changes = 0;
  const watch = folderWatch({
    onChange: () => (changes += 1),
    log: (level, message) => said.push(`${level}: ${message}`),
  });
  resources.defer(async () => watch.close());
  return { ...watch, dir: join(path, 'net.d'), said, changes: () => changes };
}

describe('a folder', () => {
  it('that cannot be watched is said so once, and again when it can be', async () => {
    const { open, dir, said } = await setUp();
    for (const _ of [1, 2, 3]) open(dir);
    expect(said).toStrictEqual([`warn: ${dir} is not watched`]);
    mkdirSync(dir);
    for (const _ of [1, 2]) open(dir);
    expect(said.slice(1)).toStrictEqual([`info: ${dir} is watched again`]);
    rmSync(dir, { recursive: true });
    open(dir);
    expect(said.slice(2)).toStrictEqual([`warn: ${dir} is not watched`]);
  });

  it('that cannot be watched for another reason is said so again', async () => {
    const { open, dir, said } = await setUp();
    open(dir);
    open(`${dir}\0`);
    expect(said).toHaveLength(2);
  });

  it('that has replaced another one tells of its changes, and one that is not wanted any more does not', async () => {
    const { open, dir, changes } = await setUp();
    mkdirSync(dir);
    open(dir);
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    open(dir);
    const before = changes();
    writeFileSync(join(dir, 'a'), '');
    await until(() => changes() > before, { what: 'a change' });
    open(undefined);
    const last = changes();
    writeFileSync(join(dir, 'b'), '');
    await new Promise(setImmediate);
    expect(changes()).toBe(last);
  });
});

import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHousekeeping, leftoversOf } from '../../../src/agent/cleanup/housekeeping.ts';
import type { PluginCall } from '../../../src/agent/cleanup/plugin.ts';
import { Failure } from '../../../src/system/failure.ts';
import { files } from '../../../src/system/files.ts';
import { ownProcess } from '../../../src/system/processes.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';

const resources = createResources();
let dataDir = '';
beforeEach(async () => {
  dataDir = (await resources.use(makeTempDir('house'))).path;
});
afterEach(resources.release);

function write(path: string, content: string): void {
  mkdirSync(join(dataDir, path, '..'), { recursive: true });
  writeFileSync(join(dataDir, path), content);
}

describe('what killed calls have left', () => {
  it('is an address whose creation may have come late, when its time is over', () => {
    write('unsettled/a.json', '{"version":1,"since":1000}');
    expect(leftoversOf(files, dataDir, 61_000)).toEqual([]);
    expect(leftoversOf(files, dataDir, 63_000)).toEqual([`${dataDir}/unsettled/a.json`]);
  });

  it('is a lock of the dead, and not one of the living', () => {
    const { pid, started } = ownProcess();
    write(`locks/a/${pid}.${started}`, '');
    write(`locks/b/${pid}.${Number(started) + 1}`, '');
    mkdirSync(join(dataDir, 'locks/c'));
    expect(leftoversOf(files, dataDir, 0)).toEqual([`${dataDir}/locks/b`, `${dataDir}/locks/c`]);
  });
});

describe('the plugin', () => {
  it('is called for what was there twice, and later again when that fails; and once an hour', async () => {
    const calls: PluginCall[] = [];
    let now = 0;
    let isAway = true;
    const call = async (one: PluginCall): Promise<void> => {
      calls.push(one);
      if (isAway) throw new Failure('unavailable', 'no store');
    };
    const plugin = { type: 'antrea', call };
    const look = createHousekeeping({ files, dataDir, plugin, timeout: 1000, clock: () => now });
    await look();
    mkdirSync(join(dataDir, 'locks/c'), { recursive: true });
    await look();
    expect(calls).toEqual([]);
    await expect(look()).rejects.toThrow('no store');
    now = 9999;
    await look();
    expect(calls).toHaveLength(1);
    isAway = false;
    now = 10_000;
    await look();
    await look();
    expect(calls.map(({ command }) => command)).toEqual(['GC', 'GC', 'GC']);
    rmdirSync(join(dataDir, 'locks/c'));
    await look();
    now += 3_600_000;
    await look();
    expect(calls).toHaveLength(4);
  });
});

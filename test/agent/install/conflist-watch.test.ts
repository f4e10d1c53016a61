import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startConflistWatch, type WatchContext } from '../../../src/agent/install/conflist-watch.ts';
import type { Running } from '../../../src/agent/install/running.ts';
import { isObject, objectsIn, parseJson } from '../../fixture/json.ts';
import { until } from '../../fixture/until.ts';
import { makeConfDir, network, type ConfDir } from './net-d.ts';

const usual = '00-antrea-cni.conflist';
const running: Running[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(async ({ stop }) => stop()));
});

function watch(dir: Pick<ConfDir, 'path'>, more: Partial<WatchContext> = {}): readonly string[] {
  const said: string[] = [];
  const log = (_level: string, message: string): void => void said.push(message);
  running.push(
    startConflistWatch({ confDir: dir.path, plugin: 'antrea', settle: 20, log, observe: () => {}, ...more }),
  );
  return said;
}

/** Name of the network that a runtime would take. */
function nameIn({ path }: Pick<ConfDir, 'path'>): string | undefined {
  const file = join(path, usual);
  const list = fs.existsSync(file) ? parseJson(fs.readFileSync(file, 'utf8')) : undefined;
  return isObject(list) ? String(list['name']) : undefined;
}

/** Of the plugins that a runtime would run. */
function typesIn({ path }: Pick<ConfDir, 'path'>): string | undefined {
  const file = join(path, usual);
  const list = fs.existsSync(file) ? parseJson(fs.readFileSync(file, 'utf8')) : undefined;
  return isObject(list)
    ? objectsIn(list['plugins'])
        .map(({ type }) => String(type))
        .join()
    : undefined;
}

async function becomes(dir: Pick<ConfDir, 'path'>, name: string | undefined): Promise<void> {
  await until(() => nameIn(dir) === name, { what: `our list of the network ${name}` });
}

describe('our list follows the primary network', () => {
  it.each<[string, (dir: ConfDir) => void]>([
    ['written in place', (dir) => dir.write('10-a.conflist', network('new'))],
    [
      'renamed within the folder',
      (dir) => {
        dir.write('.10-a.tmp', network('new'));
        dir.rename('.10-a.tmp', '10-a.conflist');
      },
    ],
    [
      'moved in from another folder',
      (dir) => {
        const other = makeConfDir({ a: network('new') });
        fs.renameSync(join(other.path, 'a'), join(dir.path, '10-a.conflist'));
      },
    ],
    [
      'removed and written',
      (dir) => {
        dir.remove('10-a.conflist');
        dir.write('10-a.conflist', network('new'));
      },
    ],
    ['another one that comes first', (dir) => dir.write('05-b.conf', { cniVersion: '1.0.0', name: 'new', type: 'b' })],
  ])('%s', async (_what, change) => {
    const dir = makeConfDir({ '10-a.conflist': network('old') });
    watch(dir);
    await becomes(dir, 'old');
    change(dir);
    await becomes(dir, 'new');
  });

  it('goes with it, and comes with it', async () => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    watch(dir);
    await becomes(dir, 'a');
    dir.remove('10-a.conflist');
    await becomes(dir, undefined);
    dir.write('10-b.conflist', network('b'));
    await becomes(dir, 'b');
  });

  it('follows the folder to which that leaves its plugins, also one that is made later', async () => {
    const dir = makeConfDir({ '10-pods.conflist': { cniVersion: '1.1.0', name: 'pods' } });
    const said = watch(dir);
    const has = async (...types: readonly string[]): Promise<void> => {
      await until(() => types.join(',') === typesIn(dir), { what: `our list with ${types.join(', ')}` });
    };
    expect(said).toHaveLength(1);
    const folder = join(dir.path, 'pods');
    fs.mkdirSync(folder);
    dir.write('pods/10-a.conf', { type: 'a' });
    await has('a', 'antrea');
    dir.write('pods/20-b.conf', { type: 'b' });
    await has('a', 'b', 'antrea');
    fs.renameSync(folder, `${folder}.old`);
    fs.mkdirSync(folder);
    dir.write('pods/10-c.conf', { type: 'c' });
    await has('c', 'antrea');
    dir.write('pods/10-c.conf', { type: 'd' });
    await has('d', 'antrea');
  });

  it('is put back when somebody removes it or writes into it', async () => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    watch(dir);
    await becomes(dir, 'a');
    dir.remove(usual);
    await becomes(dir, 'a');
    dir.write(usual, { ...network('b'), 'antrea-cni': {} });
    await becomes(dir, 'a');
  });

  it('waits while that is written in parts, and says only once what is in the way', async () => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    const said = watch(dir);
    await becomes(dir, 'a');
    for (const part of ['{', '{"name":', '{"name": "b",']) {
      dir.write('10-a.conflist', part);
      await until(() => said.some((text) => text.includes('10-a.conflist is not JSON')), { what: 'a complaint' });
      expect(nameIn(dir)).toBe('a');
    }
    dir.write('10-a.conflist', network('b'));
    await becomes(dir, 'b');
  });

  it('is looked at again after it could not be told whether it is wanted', async () => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    let isKnown = false;
    const isWanted = (): boolean => {
      if (isKnown) return true;
      throw new Error('EIO');
    };
    const said = watch(dir, { isWanted, interval: 30 });
    await until(() => said.includes('EIO'), { what: 'a complaint' });
    dir.write('10-a.conflist', network('b'));
    isKnown = true;
    await becomes(dir, 'b');
    expect(said.filter((one) => one === 'EIO')).toHaveLength(1);
  });

  it('gives way to Multus', async () => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    const said = watch(dir);
    await becomes(dir, 'a');
    dir.write('00-multus.conf', { cniVersion: '0.3.1', name: 'm', type: 'multus' });
    await becomes(dir, undefined);
    expect(said).toContain('Multus attaches the networks of Pods on this Node: 00-multus.conf calls it');
  });

  it('leaves alone what Cilium has put aside, until the next regular look', async () => {
    const dir = makeConfDir({ '05-cilium.conflist': network('cilium', 'cilium-cni') });
    const said = watch(dir);
    await becomes(dir, 'cilium');
    dir.rename(usual, `${usual}.cilium_bak`);
    await until(() => said.some((text) => text.startsWith('Cilium has renamed')), { what: 'a complaint' });
    expect(nameIn(dir)).toBeUndefined();
    watch(dir);
    await becomes(dir, 'cilium');
  });

  it('finds a folder that is made later, or is replaced by another one', async () => {
    const dir = makeConfDir();
    const path = join(dir.path, 'net.d');
    watch({ path }, { interval: 30 });
    for (const name of ['a', 'b']) {
      fs.rmSync(path, { recursive: true, force: true });
      fs.mkdirSync(path);
      fs.writeFileSync(join(path, '10-a.conflist'), JSON.stringify(network(name)));
      await becomes({ path }, name);
    }
  });

  it('is whole whenever a runtime reads it', async () => {
    const dir = makeConfDir({ '10-a.conflist': network('0') });
    watch(dir, { settle: 1 });
    await becomes(dir, '0');
    const text = 'x'.repeat(100_000);
    for (let turn = 1; turn <= 20; turn++) {
      dir.write('.new', { ...network(String(turn)), text });
      dir.rename('.new', '10-a.conflist');
      await until(
        () => {
          const seen: unknown = JSON.parse(fs.readFileSync(join(dir.path, usual), 'utf8'));
          return isObject(seen) && seen['name'] === String(turn);
        },
        { what: `turn ${turn}`, everyMs: 0 },
      );
    }
  });
});

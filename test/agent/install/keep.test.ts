import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKeeping } from '../../../src/agent/install/keep.ts';
import { nodeFolder, writeRecord, type Installation } from '../../../src/agent/install/record.ts';
import type { Running } from '../../../src/agent/install/running.ts';
import { uninstall } from '../../../src/agent/install/uninstall.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { until } from '../../fixture/until.ts';
import { makeConfDir, network, type ConfDir } from './net-d.ts';
import { nodeAndTokens as client } from './node-and-tokens.ts';

const usual = '00-antrea-cni.conflist';
let dir: ConfDir;
let nodeFile: string;
const running: Running[] = [];
let seen: string[];
let said: string[];
beforeEach(() => {
  dir = makeConfDir({ '10-a.conflist': network('a') });
  nodeFile = join(dir.path, 'antrea.d/node.json');
  fs.mkdirSync(join(dir.path, 'antrea.d'));
  seen = [];
  said = [];
  running.push(
    startKeeping({
      nodeFile,
      client,
      log: (_level, message) => said.push(message),
      observeToken: (outcome) => seen.push(`token ${outcome}`),
      observeConflist: (outcome) => seen.push(`conflist ${outcome}`),
      interval: 20,
    }),
  );
});
afterEach(stopAll);

function record(current: Partial<Installation> | undefined, path = nodeFile): void {
  const whole: Installation = {
    mode: 'native',
    plugin: 'antrea',
    confDir: dir.path,
    nodeName: 'n',
    tokenLifetime: 86_400_000,
    ...current,
  };
  writeRecord(nodeFolder(path).record, {
    executables: [join(dir.path, 'bin/antrea')],
    confDirs: [dir.path],
    before: {},
    current: current === undefined ? undefined : whole,
  });
}

async function become(...names: readonly string[]): Promise<void> {
  const all = [...names, '10-a.conflist', 'antrea.d'].toSorted();
  await until(() => dir.names().join(' ') === all.join(' '), { what: `just ${all.join(', ')}` });
}

describe('what is installed on a Node', () => {
  it('is nothing before antrea install has put all of it there', async () => {
    record(undefined);
    await until(() => fs.existsSync(nodeFolder(nodeFile).record), { what: 'the record' });
    expect(seen).toEqual([]);
    record({});
    await become(usual);
    await until(() => fs.existsSync(nodeFolder(nodeFile).token), { what: 'a token' });
    expect(seen).toEqual(expect.arrayContaining(['token done', 'conflist done']));
  });

  it('follows another installation', async () => {
    record({});
    await become(usual);
    record({ plugin: 'antrea-vlan' });
    await until(() => fs.readFileSync(join(dir.path, usual), 'utf8').includes('antrea-vlan'), { what: 'the new name' });
    record({ mode: 'multus' });
    await until(
      () => {
        fs.rmSync(join(dir.path, usual), { force: true });
        return seen.filter((one) => one.startsWith('token')).length > 2;
      },
      { what: 'a token for the plugin that Multus calls' },
    );
    await become();
  });

  it('is looked at again after its record could not be read, of which the log tells once', async () => {
    const { record: path } = nodeFolder(nodeFile);
    fs.mkdirSync(path);
    const told = (): readonly string[] => said.filter((one) => one.startsWith(`${path} cannot be read: EISDIR`));
    await until(() => told().length > 0, { what: 'a complaint' });
    fs.rmdirSync(path);
    record({});
    await become(usual);
    expect(told()).toHaveLength(1);
  });

  it('is not put back while it is being taken away', async () => {
    await stopAll();
    const other = await kept(makeConfDir({ '10-a.conflist': network('a') }));
    const own = await kept(dir);
    takeAway(own);
    for (const one of [own, other]) one.dir.write('10-a.conflist', network('b'));
    // The other one has seen its change: so has the one that is taken away.
    await until(() => fs.readFileSync(join(other.dir.path, usual), 'utf8').includes('"b"'), { what: 'the other list' });
    await stopAll();
    await become();
    expect(fs.existsSync(nodeFolder(own.path).token)).toBe(false);
  });

  it('gets no token that was asked for before it was taken away', async () => {
    await stopAll();
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const slow: KubeClient = {
      ...client,
      send: async (request) => {
        if (request.method === 'POST') {
          asked.resolve();
          await answer.promise;
        }
        return client.send(request);
      },
    };
    record({});
    keep(nodeFile, slow);
    await asked.promise;
    takeAway({ dir, path: nodeFile });
    answer.resolve();
    await stopAll();
    expect(fs.existsSync(nodeFolder(nodeFile).token)).toBe(false);
  });
});

interface Kept {
  readonly dir: ConfDir;
  /** Of its Node file. */
  readonly path: string;
}

/** Installed, and kept by somebody who does not look at its record again. */
async function kept(at: ConfDir): Promise<Kept> {
  const path = join(at.path, 'antrea.d/node.json');
  fs.mkdirSync(join(at.path, 'antrea.d'), { recursive: true });
  record({ confDir: at.path }, path);
  keep(path, client);
  await until(() => at.names().includes(usual) && fs.existsSync(nodeFolder(path).token), { what: 'all of it' });
  return { dir: at, path };
}

function keep(path: string, by: KubeClient): void {
  const observers = { log: ignore, observeToken: ignore, observeConflist: ignore };
  running.push(startKeeping({ nodeFile: path, client: by, ...observers, interval: 3_600_000 }));
}

function ignore(): void {}

async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map(async ({ stop }) => stop()));
}

function takeAway({ dir: at, path }: Pick<Kept, 'dir' | 'path'>): void {
  const places = { executable: '/bin/sh', cniBinDir: join(at.path, 'bin'), cniConfDir: at.path, plugin: 'antrea' };
  uninstall({ ...places, nodeFile: path, say: () => {}, dryRun: false });
  fs.mkdirSync(join(at.path, 'antrea.d'), { recursive: true });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { dist } from '../../scripts/paths.ts';
import { until } from '../fixture/until.ts';
import { hashSecretsOf } from './seed.ts';

const executable = join(dist, 'antrea');
const running: ChildProcess[] = [];

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
});

const command = ['ippool', 'apply', '--data-dir', tmpdir(), '-f', '-'];

describe.skipIf(!existsSync(executable) || process.getuid?.() !== 0)('the seed of hash tables', () => {
  it('is the same in all processes of the plugin, which bounds what it reads therefore', async () => {
    expect(await pluginsSeed()).toBe(await pluginsSeed());
  });

  it('is another one in each process of the command line, the agent and the controller', async () => {
    const known = await pluginsSeed();
    const [one, other] = [await commandsSeed(known), await commandsSeed(known)];
    expect(one).not.toBe(other);
  });
});

describe.skipIf(!existsSync(executable))('the command line', () => {
  it('starts itself anew once, with its process ID and arguments, and an option for Node before these', async () => {
    expect(await secondArguments(start(command, {}))).toEqual([
      'by-hand',
      '--node-options=--rehash-snapshot --sparkplug',
      ...command,
    ]);
  });
});

describe.skipIf(!existsSync(executable))('GC', () => {
  it('is started anew as well, since it reads what was kept of all Pods', async () => {
    const child = start([], { CNI_COMMAND: 'GC', CNI_PATH: '/nonexistent' });
    expect(await secondArguments(child)).toEqual(['by-hand', '--node-options=--rehash-snapshot --sparkplug']);
  });
});

async function pluginsSeed(): Promise<string> {
  const { pid = 0 } = start([], { CNI_COMMAND: 'STATUS', CNI_PATH: '/nonexistent' });
  return until(() => hashSecretsOf(pid), { what: 'the seed of a plugin' });
}

async function commandsSeed(known: string): Promise<string> {
  const child = start(command, {});
  await secondArguments(child);
  const { pid = 0 } = child;
  // At first it has that of the plugin, as it is in the executable.
  return until(() => [hashSecretsOf(pid)].find((seed) => seed !== known), { what: 'the seed of a command' });
}

async function secondArguments({ pid = 0 }: ChildProcess): Promise<readonly string[]> {
  const read = (): readonly string[] => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  return until(() => [read()].find((args) => args[1]?.startsWith('--node-options=')), { what: 'a second start' });
}

/** Either waits for the end of its standard input. */
function start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(executable, args, { argv0: 'by-hand', env, stdio: ['pipe', 'ignore', 'ignore'] });
  running.push(child);
  return child;
}

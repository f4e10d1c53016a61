import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfDir } from '../../../../src/agent/install/conf-dir.ts';
import type { Cluster } from '../../../cluster/cluster.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { must, run, type Output } from '../../../fixture/command.ts';
import { createResources } from '../../../fixture/resources.ts';
import { addMachine, primary, startInstallCluster, type Machine } from './bed.ts';

const tools = await findClusterTools();

/** What has an effect that others see, or that is only certain afterwards. A kill comes before one of them. */
const calls = 'rename,renameat,renameat2,fsync,unlink,unlinkat,rmdir';

describe.skipIf(tools.dir === undefined)('killed at any moment', () => {
  const resources = createResources();
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await resources.use(startInstallCluster());
  });
  afterAll(resources.release);

  it('antrea install leaves nothing torn, and the next one completes it', { timeout: 900_000 }, async () => {
    const machine = await resources.use(addMachine(cluster));
    const whole = await installed(machine);
    const all = await moments(machine);
    expect(all.length).toBeGreaterThan(15);
    for (const moment of all) {
      empty(machine);
      expect(await kill(machine, moment, [])).toMatchObject({ signal: 'SIGKILL' });
      expect(torn(machine)).toEqual([]);
      // The list comes last: where it is, all that it needs is there.
      if (machine.files().includes('net.d/00-antrea-cni.conflist'))
        expect(machine.files()).toEqual(expect.arrayContaining([...whole]));
      expect(await machine.install()).toMatchObject({ code: 0, stderr: '' });
      expect({ moment, files: machine.files() }).toEqual({ moment, files: whole });
    }
  });

  it(
    'antrea install --uninstall leaves the executable to the end, and the next one completes it',
    { timeout: 900_000 },
    async () => {
      const machine = await resources.use(addMachine(cluster));
      const whole = await installed(machine);
      const all = await moments(machine, ['--uninstall']);
      expect(all.length).toBeGreaterThan(4);
      for (const moment of all) {
        await installed(machine);
        expect(await kill(machine, moment, ['--uninstall'])).toMatchObject({ signal: 'SIGKILL' });
        expect(torn(machine)).toEqual([]);
        expect(machine.files()).toContain('bin/antrea');
        expect(whole).toEqual(expect.arrayContaining(machine.files().filter((name) => !name.endsWith('.tmp'))));
        expect(await machine.install('--uninstall')).toMatchObject({ code: 0, stderr: '' });
        expect({ moment, files: machine.files() }).toEqual({ moment, files: ['net.d/10-primary.conflist'] });
      }
    },
  );
});

async function installed(machine: Machine): Promise<readonly string[]> {
  expect(await machine.install()).toMatchObject({ code: 0 });
  return machine.files();
}

/** A system call, and how often it is made before, plus one. */
interface Moment {
  readonly call: string;
  readonly nth: number;
}

/** Each of the calls of a whole run, from nothing to all or back. */
async function moments(machine: Machine, words: readonly string[] = []): Promise<readonly Moment[]> {
  if (words.length === 0) empty(machine);
  const trace = machine.path('trace');
  await must(['strace', '-f', '-o', trace, '-e', `trace=${calls}`, ...machine.command(...words)], { env: machine.env });
  const lines = fs.readFileSync(trace, 'utf8').split('\n');
  fs.rmSync(trace);
  const made = lines.flatMap((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? []);
  return made.map((call, at) => ({ call, nth: made.slice(0, at + 1).filter((one) => one === call).length }));
}

async function kill(machine: Machine, { call, nth }: Moment, words: readonly string[]): Promise<Output> {
  const inject = `inject=${call}:signal=KILL:when=${nth}`;
  const argv = ['strace', '-f', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject, ...machine.command(...words)];
  return run(argv, { env: machine.env });
}

function empty(machine: Machine): void {
  for (const name of ['bin', 'net.d']) fs.rmSync(machine.path(name), { recursive: true, force: true });
  fs.mkdirSync(machine.confDir);
  fs.writeFileSync(join(machine.confDir, '10-primary.conflist'), JSON.stringify(primary));
}

/** Whatever a runtime or the plugin would read and could not. */
function torn(machine: Machine): readonly string[] {
  const configurations = readConfDir(machine.confDir).filter(({ content }) => content instanceof Error);
  const others = machine.files().filter((name) => name.endsWith('.json') && name.startsWith('net.d/antrea.d/'));
  const executable = machine.path('bin/antrea');
  const isWhole =
    !fs.existsSync(executable) || fs.readFileSync(executable).equals(fs.readFileSync(machine.path('plugin')));
  return [
    ...configurations.map(({ name }) => name),
    ...others.filter((name) => machine.json(name) === undefined),
    ...(isWhole ? [] : [executable]),
  ];
}

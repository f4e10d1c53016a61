import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { pause } from '../../src/system/time.ts';
import { start, type Running } from '../../src/system/start.ts';
import { failureOf } from '../failure-of.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

function sh(
  script: string,
  more: { readonly timeout?: number; readonly descriptors?: readonly number[] } = {},
): Running {
  return start('sh', ['-c', script], { timeout: 10_000, descriptors: [], env: { MINE: '1' }, ...more });
}

const done = { code: 0, stdout: '', stderr: '', timedOut: false };

describe('a program that is started', () => {
  it('goes on, reads what it is given in pieces, answers by lines, and ends when its input does', async () => {
    const program = sh('while read -r line; do echo "<$line>" >&0; done');
    for (const line of ['one', '$two', '"']) {
      program.write(`${line}\n`);
      expect(await program.nextLine()).toBe(`<${line}>`);
    }
    expect(await program.end()).toStrictEqual(done);
    expect(await program.end()).toStrictEqual(done);
    expect(await program.nextLine()).toBeUndefined();
  });

  it('reads aside what another part of it must not read', async () => {
    const program = sh('exec >&0; { read -r line <&2; echo "aside $line, $(cat <&2), end"; } & exec cat');
    program.write('a\n');
    expect(await program.nextLine()).toBe('a');
    program.writeAside('b\nthe rest');
    program.endAside();
    expect(await program.nextLine()).toBe('aside b, the rest, end');
    program.write('c\n');
    expect(await program.nextLine()).toBe('c');
    expect(await program.end()).toStrictEqual(done);
  });

  it('gets more than a socket holds before its input ends', async () => {
    const program = sh('wc -c >&0');
    program.write('x'.repeat(3_000_000));
    const ended = program.end();
    expect(await program.nextLine()).toBe('3000000');
    expect(await ended).toStrictEqual(done);
  });

  it('may end by itself, in whatever way, while it is written to', async () => {
    const program = sh('echo no >&2; exit 3');
    expect(await program.nextLine()).toBeUndefined();
    program.write('too late\n');
    program.writeAside('too late\n');
    program.endAside();
    expect(await program.end()).toStrictEqual({ ...done, code: 3, stderr: 'no' });
    const unread = sh('exit 4');
    unread.write('x'.repeat(3_000_000));
    expect(await unread.end()).toMatchObject({ code: 4, timedOut: false });
    expect(await sh('kill -9 $$').end()).toStrictEqual({ ...done, code: null });
  });

  it('tells its errors to the last byte', async () => {
    const { stderr } = await sh('seq 20000 >&2').end();
    expect(stderr.split('\n')).toHaveLength(20_000);
  });

  it('is killed when it does not answer, or end, in time; not when only we were busy', async () => {
    const silent = sh('exec tail -f /dev/null', { timeout: 100 });
    expect(await silent.nextLine()).toBeUndefined();
    expect(await silent.end()).toMatchObject({ code: null, timedOut: true });
    expect(await sh('exec tail -f /dev/null', { timeout: 100 }).end()).toMatchObject({ code: null, timedOut: true });
    const said = join((await resources.use(makeTempDir('start'))).path, 'said');
    const quick = sh(`echo here >&0; : >${said}; read -r _`, { timeout: 1000 });
    const line = quick.nextLine();
    // Busy for longer than it may take, and until it has spoken.
    pause(1500);
    while (!existsSync(said)) pause(10);
    expect(await line).toBe('here');
    quick.write('\n');
    expect(await quick.end()).toStrictEqual(done);
  });

  it('sees PATH, and the variables and open files that it is given', async () => {
    const descriptors = [openSync('/proc/self/ns/net', 'r'), openSync('/dev/null', 'r')];
    const program = sh('exec >&0; readlink /proc/self/fd/3 /proc/self/fd/4; env', {
      descriptors,
    });
    for (const descriptor of descriptors) closeSync(descriptor);
    expect(await program.nextLine()).toMatch(/^net:\[\d+\]$/u);
    expect(await program.nextLine()).toBe('/dev/null');
    const names: string[] = [];
    for (let line = await program.nextLine(); line !== undefined; line = await program.nextLine())
      names.push(line.replace(/=.*/u, ''));
    expect(names.filter((name) => !['_', 'PWD', 'SHLVL'].includes(name)).toSorted()).toStrictEqual([
      'LC_ALL',
      'MINE',
      'PATH',
    ]);
  });

  it('is missing, or cannot be run, and it is said which', () => {
    const options = { timeout: 1000, descriptors: [], env: {} };
    expect(failureOf(() => start('no-such-command', [], options))).toMatch(
      /^wiring: the command no-such-command is missing/u,
    );
    expect(failureOf(() => start('/etc', [], options))).toMatch(/^io: \/etc cannot be run/u);
    expect(failureOf(() => start('echo', ['a\0b'], options))).toMatch(/^io: echo cannot be run/u);
  });
});

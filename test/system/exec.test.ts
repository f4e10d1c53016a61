import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exec } from '../../src/system/exec.ts';
import { failureOf } from '../failure-of.ts';

const timeout = 10_000;
const sh = (script: string, more: object = {}) => exec('sh', ['-c', script], { timeout, ...more });

describe('exec', () => {
  it('gives exit code and trimmed output', () => {
    expect(sh('echo out; echo err >&2; exit 3')).toStrictEqual({
      code: 3,
      stdout: 'out',
      stderr: 'err',
      timedOut: false,
    });
  });

  it('passes arguments as they are: no shell reads them', () => {
    const args = ['$HOME', '; id', '"', '\n', 'ä', ''];
    expect(exec('printf', ['%s|', ...args], { timeout }).stdout).toBe('$HOME|; id|"|\n|ä||');
  });

  it('feeds standard input, also more than a pipe holds, and to one that does not read it', () => {
    const input = 'x'.repeat(1_000_000);
    expect(sh('cat', { input }).stdout).toBe(input);
    expect(sh('exit 5', { input })).toMatchObject({ code: 5, timedOut: false });
    expect(sh('cat')).toMatchObject({ code: 0, stdout: '' });
  });

  it('shows a program PATH and what it is given, not our own environment', () => {
    const names = sh('env', { env: { MINE: '1' } })
      .stdout.split('\n')
      .map((line) => line.replace(/=.*/u, ''));
    expect(names.filter((name) => !['_', 'PWD', 'SHLVL'].includes(name)).toSorted()).toStrictEqual([
      'LC_ALL',
      'MINE',
      'PATH',
    ]);
    expect(sh('echo "$PATH"').stdout).toMatch(/^\/usr\/local\/sbin:.*\/usr\/sbin/u);
  });

  it('hands over an open file as descriptor 3', () => {
    const descriptor = openSync('/proc/self/ns/net', 'r');
    expect(sh('readlink /proc/self/fd/3', { descriptor }).stdout).toMatch(/^net:\[\d+\]$/u);
    closeSync(descriptor);
    expect(sh('ls /proc/$$/fd').stdout.split('\n').slice(0, 3)).toStrictEqual(['0', '1', '2']);
  });

  it('kills what takes too long', () => {
    expect(exec('sleep', ['60'], { timeout: 50 })).toMatchObject({ code: null, timedOut: true });
  });

  it('tells of a signal', () => {
    expect(sh('kill -9 $$')).toMatchObject({ code: null, timedOut: false });
  });

  it('says which command is missing, or why it cannot be run', () => {
    expect(failureOf(() => exec('no-such-command', [], { timeout }))).toMatch(
      /^wiring: the command no-such-command is missing/u,
    );
    expect(failureOf(() => exec('/etc', [], { timeout }))).toMatch(/^io: \/etc cannot be run/u);
    expect(failureOf(() => exec('echo', ['a\0b'], { timeout }))).toMatch(/^io: echo cannot be run/u);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import manifest from '../../package.json' with { type: 'json' };
import { createProgram } from '../../src/cli/program.ts';
import { type Desk, openDesk } from './command-line.ts';
import { commands, reference } from './reference.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

describe('antrea --help', () => {
  it.each(commands)('teaches `antrea %s`, on stdout', async (command) => {
    const { code, stdout, stderr } = await desk.antrea([...command.split(' ').filter(Boolean), '--help']);
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: antrea ?${command}`, 'u'));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it('names only what exists', async () => {
    const { stdout } = await desk.antrea(['--help']);
    expect([...stdout.matchAll(/^ {2}(?<name>[a-z]+) .*$/gmu)].map(({ groups }) => groups?.['name'])).toEqual(
      expect.arrayContaining(['ippool', 'explain', 'check', 'agent', 'controller', 'version']),
    );
    expect(stdout).not.toContain('watchdog');
  });

  it('breaks lines once: where they are written, or where they are shown', () => {
    const silent = { out: () => {}, err: () => {}, stdin: 0, env: {}, columns: undefined };
    const program = createProgram(silent, () => {});
    const texts = [program, ...program.commands].map((command) => command.description());
    const broken = texts.filter((text) => text.includes('\n')).flatMap((text) => text.split('\n'));
    expect(broken.filter((line) => line.length > 100)).toEqual([]);
  });

  it('is what docs/cli.md says (npx vitest run test/cli/help.test.ts -u writes it anew)', async () => {
    await expect(await reference(desk)).toMatchFileSnapshot('../../docs/cli.md');
  });
});

describe('a command that is not understood', () => {
  it.each([
    [['ippol'], "error: unknown command 'ippol'\n(Did you mean ippool?)\nSee antrea --help\n"],
    [['ippool', 'aply'], "error: unknown command 'aply'\n(Did you mean apply?)\nSee antrea ippool --help\n"],
    [['agnt'], "error: unknown command 'agnt'\n(Did you mean agent?)"],
    [['--verbos'], "error: unknown option '--verbos'\n(Did you mean --verbose?)"],
    [['-e', 'console.log(1)'], "error: unknown option '-e'"],
    [['version', 'now'], "error: too many arguments for 'version'"],
    [['\u001B[2Jx'], String.raw`error: unknown command '\u{1b}[2Jx'`],
    [['ippool', 'get', '--data-dir', ''], "error: option '--data-dir <dir>' is empty: expected a value"],
    [['ippool', 'apply', '-f', 'a', '-f', ''], "error: option '-f, --filename <file>' is empty"],
    [['explain', '-n', '', 'web-0'], "error: option '-n, --namespace <name>' is empty"],
    [['ippool', 'get', 'a', '../b'], 'pool is "../b": expected a pool name'],
    [['ippool', 'delete', ''], 'pool is "": expected a pool name'],
    [['explain', 'a/b/c'], 'error: "a/b/c" names nothing: expected a Pod'],
    [['explain', '10.0.0.0/24'], 'error: "10.0.0.0/24" is no IP address: expected one such as 10.0.0.5'],
    [[], 'Usage: antrea'],
    [['ippool'], 'Usage: antrea ippool'],
  ])('%j ends with exit code 2 and says what might have been meant', async (words, message) => {
    const { code, stdout, stderr } = await desk.antrea(words);
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('antrea help', () => {
  it.each([
    [['help'], ['--help']],
    [
      ['help', 'ippool'],
      ['ippool', '--help'],
    ],
  ])('%j is %j', async (words, same) => {
    expect(await desk.antrea(words)).toStrictEqual(await desk.antrea(same));
  });
});

describe('antrea version', () => {
  it('is short as an option', async () => {
    expect(await desk.antrea(['--version'])).toMatchObject({ code: 0, stdout: `antrea ${manifest.version}\n` });
  });

  it('says what this is, for people', async () => {
    const { code, stdout } = await desk.antrea(['version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^antrea ${manifest.version}\nCNI 0\\.1\\.0, .*1\\.1\\.0\nNode ${process.versions.node}`, 'u'),
    );
  });

  it('and for machines', async () => {
    expect(JSON.parse((await desk.antrea(['version', '-o', 'json'])).stdout)).toMatchObject({
      version: manifest.version,
      cniVersions: ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'],
      node: process.versions.node,
    });
  });
});

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { checkBridge } from '../../src/cli/check/bridge.ts';
import { formatFindings } from '../../src/cli/check/format.ts';
import { judge } from '../../src/cli/check/data-dir.ts';
import { checkInstalled } from '../../src/cli/check/installed.ts';
import { checkKernel } from '../../src/cli/check/kernel.ts';
import { checkGlibc, checkLibstdcxx } from '../../src/agent/host/libraries.ts';
import { checkTools } from '../../src/agent/host/tools.ts';
import type { Exec, Outcome } from '../../src/system/exec.ts';
import { Failure } from '../../src/system/failure.ts';
import { manifest, owner } from '../ipam/sample.ts';
import { type Answer, type Desk, openDesk } from './command-line.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

const root = join(import.meta.dirname, '../..');

/** In a process of its own; the runtime's folder of plugins is `bin`. */
function check(...words: readonly string[]): Answer {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'bin/antrea.ts'), 'check', '--cni-bin-dir', join(desk.dir, 'bin'), ...words],
    { encoding: 'utf8', env: { ...desk.env, PATH: process.env['PATH'] } },
  );
  return { code: status ?? -1, stdout, stderr };
}

describe('antrea check', () => {
  it('says to machines what it says to people', () => {
    desk.write('node.json', JSON.stringify({ dataDir: desk.dataDir, ovsdb: `unix:${desk.dir}/no.sock` }));
    const { code, stdout, stderr } = check('-o', 'json');
    expect({ code, stderr }).toStrictEqual({ code: 1, stderr: '' });
    const report: unknown = JSON.parse(stdout);
    expect(report).toHaveProperty('ready', false);
    expect(report).toHaveProperty(
      'checks',
      expect.arrayContaining([
        expect.objectContaining({ name: 'glibc', state: 'ok' }),
        expect.objectContaining({ name: 'pools', state: 'warn', message: 'none yet' }),
        expect.objectContaining({ name: 'ovsdb', state: 'fail' }),
      ]),
    );
  });

  it('says that Open vSwitch does not answer, and that the plugin is not installed', () => {
    desk.write(
      'node.json',
      JSON.stringify({ dataDir: desk.dataDir, ovsdb: `unix:${desk.dir}/no.sock`, allowedVLANs: ['7'] }),
    );
    const { stdout } = check();
    expect(stdout).toMatch(
      /^FAIL {2}ovsdb +Open vSwitch's database does not answer at unix:.*no\.sock: .*\n +-> start ovsdb/mu,
    );
    expect(stdout).toMatch(
      /^warn {2}plugin +.*\/bin\/antrea is missing.*\n +-> install it: \S+ install --cni-bin-dir \S+bin; or, on a machine without a cluster: cp /mu,
    );
    expect(stdout).toMatch(/^ok {4}allowed VLANs +limited/mu);
  });

  it('says what is wrong with the Node file, and what has not been checked for that', () => {
    desk.write('node.json', '{"bridge": 7}');
    const { code, stdout } = check();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^FAIL {2}Node file +.*bridge 7 must be a string: write it in quotes\n +-> put .* right; until then/mu,
    );
    expect(stdout).not.toContain('ovsdb ');
  });

  it('finds an installed plugin', () => {
    fs.mkdirSync(join(desk.dir, 'bin'));
    fs.writeFileSync(join(desk.dir, 'bin/antrea'), '', { mode: 0o755 });
    expect(check().stdout).toMatch(/^ok {4}plugin +.*\/bin\/antrea$/mu);
  });

  it('tells of pools that are nearly full, and of damaged ones', async () => {
    await desk.antrea(
      ['ippool', 'apply', '-f', '-'],
      JSON.stringify(manifest({ ranges: ['192.168.0.10-192.168.0.11'] })),
    );
    await desk.hold('sample', '192.168.0.10', owner('c1'));
    expect(check().stdout).toMatch(/^ok {4}pools +1: sample$/mu);
    await desk.hold('sample', '192.168.0.11', owner('c2'));
    expect(check().stdout).toMatch(/^warn {2}pool sample +2 of 2 addresses are held\n +-> add a range/mu);
    fs.writeFileSync(join(desk.dataDir, 'pools/sample.json'), '{');
    expect(check().stdout).toMatch(/^FAIL {2}pools +.*sample\.json cannot be read/mu);
  });

  it('tries the store where it is, or where it will be, and leaves nothing there', () => {
    expect(check().stdout).toMatch(/^(?:ok {2}|warn) {2}data folder +.*data \(is made when it is needed\): room for/mu);
    expect(fs.existsSync(desk.dataDir)).toBe(false);
    fs.mkdirSync(desk.dataDir);
    expect(check().stdout).toMatch(/^(?:ok {2}|warn) {2}data folder +.*data: room for/mu);
    expect(fs.readdirSync(desk.dataDir)).toStrictEqual([]);
  });

  it('refuses a data folder that is a file', () => {
    expect(check('--data-dir', desk.nodeFile).stdout).toMatch(
      /^FAIL {2}data folder +.*ENOTDIR.*\n +-> make it a writable/mu,
    );
  });
});

describe('the tools of a Node', () => {
  it.each([
    {
      command: 'ip',
      problem: 'no -json, as in BusyBox',
      outcome: { stdout: '1: lo:' },
      message: 'ip -json does not do what',
    },
    {
      command: 'ip',
      problem: 'an error',
      outcome: { code: 1, stderr: 'Option unknown' },
      message: 'ip -json failed: Option unknown',
    },
    {
      command: 'nsenter',
      problem: 'no right',
      outcome: { code: 1, stderr: 'EPERM' },
      message: 'nsenter --net failed: EPERM',
    },
    {
      command: 'sh',
      problem: 'no answer',
      outcome: { code: null, timedOut: true },
      message: 'failed: no answer in 5 s',
    },
  ])('$command: finds $problem', ({ command, outcome, message }) => {
    const finding = checkTools(execOf({ [command]: outcome })).find(({ name }) => name === command);
    expect(finding).toMatchObject({ state: 'fail', message: expect.stringContaining(message) as unknown });
  });

  it.each([
    ['sh', 'dash'],
    ['ip', 'iproute2'],
    ['nsenter', 'util-linux'],
  ])('%s is missing: says what to install', (missing, packages) => {
    const exec: Exec = (command, args, options) => {
      if (command !== missing) return execOf({})(command, args, options);
      throw new Failure('not-ready', `the command ${command} is missing on this Node`);
    };
    const text = formatFindings(checkTools(exec));
    expect(text).toMatch(
      new RegExp(`^FAIL  ${missing} +the command ${missing} is missing.*\\n +-> install .*${packages}`, 'mu'),
    );
    expect(text).toContain('This Node is not ready: 1 failed.');
  });

  it('are all right when they do what is needed', () => {
    expect(checkTools(execOf({})).map(({ name, state }) => `${name} ${state}`)).toStrictEqual([
      'sh ok',
      'ip ok',
      'nsenter ok',
    ]);
  });
});

describe('the rest of a Node', () => {
  it.each([
    ['2.28', 'ok'],
    ['2.36', 'ok'],
    ['3.0', 'ok'],
    ['2.27', 'fail'],
    ['1.99', 'fail'],
    [undefined, 'fail'],
  ])('glibc %s: %s', (version, state) => {
    expect(checkGlibc(version).state).toBe(state);
  });

  it('libstdc++ is looked for among the libraries of the process', () => {
    expect(checkLibstdcxx('7f-7f r-xp 0 08:01 5   /lib64/libstdc++.so.6.0.30\n')).toMatchObject({
      state: 'ok',
      message: '/lib64/libstdc++.so.6.0.30',
    });
    expect(checkLibstdcxx('7f-7f r-xp 0 08:01 5   /lib64/libc.so.6\n').state).toBe('fail');
  });

  it('a kernel without veth is not ready', () => {
    const noVeth = { code: 2, stderr: 'Error: Unknown device type.' };
    expect(checkKernel(execOf({ unshare: noVeth }))).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('Unknown device type') as unknown,
      advice: expect.stringContaining('modprobe veth') as unknown,
    });
  });

  const disk = {
    type: 0xef53,
    bsize: 4096,
    blocks: 1e6,
    bfree: 1e6,
    bavail: 1e6,
    files: 1e6,
    ffree: 1e6,
    frsize: 4096,
  };

  it.each([
    { kind: 'plenty of room', facts: {}, state: 'ok', message: 'room for about 500000 addresses' },
    { kind: 'no inodes', facts: { ffree: 10 }, state: 'fail', message: 'room for about 5 addresses' },
    { kind: 'no space', facts: { bavail: 10 }, state: 'fail', message: 'room for about 5 addresses' },
    { kind: 'little space', facts: { bavail: 2000 }, state: 'warn', message: 'room for about 1000 addresses' },
    {
      kind: 'no count of inodes',
      facts: { files: 0, ffree: 0 },
      state: 'ok',
      message: 'room for about 500000 addresses',
    },
    { kind: 'NFS', facts: { type: 0x6969 }, state: 'warn', message: 'on a network file system' },
    { kind: 'tmpfs', facts: { type: 0x01021994 }, state: 'warn', message: 'gone after a restart' },
  ])('a data folder with $kind', ({ facts, state, message }) => {
    expect(judge('/data', { ...disk, ...facts })).toMatchObject({
      state,
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('an installed plugin has to be a file, whatever its folder is called', () => {
    const bin = join(desk.dir, 'a b');
    fs.mkdirSync(join(bin, 'antrea'), { recursive: true });
    expect(checkInstalled(bin, undefined)).toMatchObject({
      state: 'warn',
      message: `${bin}/antrea is no file: the container runtime could not call it`,
      advice: expect.stringContaining(`--cni-bin-dir '${bin}'; or, `) as unknown,
    });
  });

  it('an installed plugin has to be this very executable', () => {
    const self = desk.write('antrea', 'new');
    const bin = join(desk.dir, 'bin');
    fs.mkdirSync(bin);
    expect(checkInstalled(bin, self).message).toContain('/bin/antrea is missing');
    fs.writeFileSync(join(bin, 'antrea'), 'old', { mode: 0o755 });
    expect(checkInstalled(bin, self)).toMatchObject({
      state: 'warn',
      message: expect.stringContaining(`is not the same as ${self}`) as unknown,
      advice: `install it: ${self} install --cni-bin-dir ${bin}; or, on a machine without a cluster: cp ${self} ${bin}/antrea.new && mv ${bin}/antrea.new ${bin}/antrea`,
    });
    fs.writeFileSync(join(bin, 'antrea'), 'new');
    expect(checkInstalled(bin, self).state).toBe('ok');
    fs.chmodSync(join(bin, 'antrea'), 0o644);
    expect(checkInstalled(bin, self)).toMatchObject({
      state: 'warn',
      message: expect.stringContaining('EACCES') as unknown,
    });
  });

  it('a bridge that the agent takes away is not ready', () => {
    const ids = ['map', [['antrea-cni-draining', 'true']]];
    const bridges = [{ name: 'br0', datapath_type: '', ports: ['uuid', '1'], external_ids: ids }];
    expect(checkBridge('br0', { bridges, ports: [], interfaces: [] })).toMatchObject({
      state: 'fail',
      message: 'the agent is taking it away: it takes no new ports',
    });
  });

  it('a bridge that Open vSwitch could not make is not ready', () => {
    const bridges = [{ name: 'br0', datapath_type: '', ports: ['uuid', '1'] }];
    const interfaces = [
      { name: 'br0', error: 'could not add network device br0 to ofproto (Permission\u001B denied)' },
    ];
    expect(checkBridge('br0', { bridges, ports: [], interfaces })).toMatchObject({
      state: 'fail',
      advice: expect.stringContaining('modprobe openvswitch') as unknown,
    });
  });
});

/** Programs that succeed, but for the ones named: `ip -json` answers as iproute2's. */
function execOf(special: Readonly<Record<string, Partial<Outcome>>>): Exec {
  return (command) => ({ code: 0, stdout: '[]', stderr: '', timedOut: false, ...special[command] });
}

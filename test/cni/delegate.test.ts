import { describe, expect, it } from 'vitest';
import { delegate, type DelegateCall } from '../../src/cni/delegate.ts';
import { PluginError } from '../../src/cni/errors.ts';
import type { Outcome, RunOptions } from '../../src/system/exec.ts';
import { failureOf } from '../failure-of.ts';

const call: DelegateCall = {
  plugin: 'host-local',
  command: 'ADD',
  request: {
    command: 'ADD',
    containerID: 'c1',
    netns: '/run/netns/x',
    ifname: 'net1',
    args: {},
    argsText: 'IgnoreUnknown=1;FOO=bar',
    path: ['/opt/cni/bin', '/usr/lib/cni'],
    netnsOverride: false,
  },
  stdin: { name: 'n' },
  remaining: 1000,
};
const good: Outcome = { code: 0, stdout: '', stderr: '', timedOut: false };

function play(outcome: Partial<Outcome>, more: Partial<DelegateCall> = {}) {
  const runs: (readonly [string, readonly string[], RunOptions])[] = [];
  const effects = {
    files: { isProgram: (path: string) => path === '/usr/lib/cni/host-local' },
    exec: (file: string, args: readonly string[], options: RunOptions) => {
      runs.push([file, args, options]);
      return { ...good, ...outcome };
    },
  };
  return { runs, answer: () => delegate(effects, { ...call, ...more }) };
}

describe('delegate', () => {
  it('runs the plugin where CNI_PATH has it, with our own parameters', () => {
    const { runs, answer } = play({ stdout: '{"ips":[]}' });
    expect(answer()).toStrictEqual({ ips: [] });
    expect(runs).toStrictEqual([
      [
        '/usr/lib/cni/host-local',
        [],
        {
          timeout: 1000,
          input: '{"name":"n"}',
          env: {
            CNI_COMMAND: 'ADD',
            CNI_CONTAINERID: 'c1',
            CNI_NETNS: '/run/netns/x',
            CNI_IFNAME: 'net1',
            CNI_ARGS: 'IgnoreUnknown=1;FOO=bar',
            CNI_PATH: '/opt/cni/bin:/usr/lib/cni',
          },
        },
      ],
    ]);
  });

  it.each([
    { command: 'ADD', remaining: 1, timeout: 1 },
    { command: 'DEL', remaining: 1, timeout: 5000 },
    { command: 'DEL', remaining: 60_000, timeout: 60_000 },
  ] as const)('gives $command $timeout ms where $remaining are left', ({ command, remaining, timeout }) => {
    const { runs, answer } = play({}, { command, remaining });
    answer();
    expect(runs.map(([, , options]) => options.timeout)).toStrictEqual([timeout]);
  });

  it('has nothing to say when the plugin has not', () => {
    expect(play({}).answer()).toBeUndefined();
  });

  it.each(['DEL', 'CHECK', 'GC', 'STATUS'] as const)(
    'passes over what a plugin prints of its %s, as libcni does',
    (command) => {
      expect(play({ stdout: 'done' }, { command }).answer()).toBeUndefined();
      expect(play({ stdout: '{}' }, { command }).answer()).toBeUndefined();
    },
  );

  it.each(['', '.', '..', '../host-local', 'a/b', '/bin/sh', '-x', 'a b', 'x\n'])(
    'runs no plugin named %j',
    (plugin) => {
      const { runs, answer } = play({}, { plugin });
      expect(failureOf(answer)).toMatch(/^config: .* is not a plugin's name/u);
      expect(runs).toStrictEqual([]);
    },
  );

  it('says where it has looked in vain', () => {
    expect(failureOf(play({}, { plugin: 'nobody' }).answer)).toBe(
      'config: the plugin nobody is in none of the folders of CNI_PATH: /opt/cni/bin, /usr/lib/cni',
    );
  });

  it.each<{ outcome: Partial<Outcome>; says: string }>([
    { outcome: { code: null, timedOut: true }, says: 'unavailable: the plugin host-local did not end within 1000 ms' },
    { outcome: { code: 2, stderr: 'panic' }, says: 'ipam: the plugin host-local failed' },
    { outcome: { code: 1, stdout: '{"code":"x"}' }, says: 'ipam: the plugin host-local failed' },
    { outcome: { stdout: 'no JSON' }, says: 'decode: the result of the plugin host-local is not JSON' },
  ])('$says', ({ outcome, says }) => {
    expect(failureOf(play(outcome).answer)).toContain(says);
  });

  it("throws the plugin's own error as it is", () => {
    const { answer } = play({ code: 1, stdout: '{"cniVersion":"1.0.0","code":11,"msg":"later","details":"please"}' });
    expect(answer).toThrow(PluginError);
    expect(answer).toThrow(
      expect.objectContaining({ object: { code: 11, msg: 'host-local: later', details: 'please' } }),
    );
  });

  it('takes a DEL for done that the plugin refuses in an old version of CNI, too: its ADD was refused', () => {
    const stdout = '{"cniVersion":"1.0.0","code":1,"msg":"incompatible CNI versions","details":"…"}';
    const stdin = { name: 'n', cniVersion: '1.1.0', prevResult: { cniVersion: '1.1.0' } };
    const { runs, answer } = play({ code: 1, stdout }, { command: 'DEL', stdin });
    expect(answer()).toBeUndefined();
    const inputs = runs.map(([, , { input = '' }]): unknown => JSON.parse(input));
    expect(inputs).toStrictEqual([stdin, { name: 'n', cniVersion: '0.4.0' }]);
    expect(play({ code: 1, stdout }).answer).toThrow('host-local: incompatible CNI versions');
    const other = '{"code":1,"msg":"no"}';
    expect(play({ code: 1, stdout: other }, { command: 'DEL' }).answer).toThrow('host-local: no');
  });
});

import { describe, expect, it } from 'vitest';
import { commands, readEnvironment } from '../../src/cni/environment.ts';
import { failureOf } from '../failure-of.ts';

const whole = {
  CNI_COMMAND: 'ADD',
  CNI_CONTAINERID: 'c1',
  CNI_NETNS: '/run/netns/x',
  CNI_IFNAME: 'net1',
  CNI_ARGS: 'K8S_POD_NAME=web-0',
  CNI_PATH: '/opt/cni/bin:/usr/lib/cni',
};

describe('readEnvironment', () => {
  it('reads a whole call', () => {
    expect(readEnvironment(whole)).toStrictEqual({
      command: 'ADD',
      containerID: 'c1',
      netns: '/run/netns/x',
      ifname: 'net1',
      args: { K8S_POD_NAME: 'web-0' },
      argsText: 'K8S_POD_NAME=web-0',
      path: ['/opt/cni/bin', '/usr/lib/cni'],
      netnsOverride: false,
    });
  });

  it.each([
    ['ADD', 'CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH'],
    ['CHECK', 'CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH'],
    ['DEL', 'CNI_CONTAINERID, CNI_IFNAME, CNI_PATH'],
    ['GC', 'CNI_PATH'],
    ['STATUS', 'CNI_PATH'],
  ])('%s alone lacks %s', (CNI_COMMAND, missing) => {
    expect(failureOf(() => readEnvironment({ CNI_COMMAND }))).toBe(
      `environment: required environment variables are missing: ${missing}`,
    );
  });

  it('a malformed value goes before a missing one', () => {
    const { CNI_CONTAINERID: _, ...rest } = whole;
    expect(failureOf(() => readEnvironment({ ...rest, CNI_IFNAME: 'a/b' }))).toMatch(
      /^environment: CNI_IFNAME "a\/b"/u,
    );
  });

  it.each(['net1', 'eth0.100', 'A_b@c+d-e', '0', 'fifteen-letters'])('interface name %s is good', (CNI_IFNAME) => {
    expect(readEnvironment({ ...whole, CNI_IFNAME }).ifname).toBe(CNI_IFNAME);
  });

  it.each([
    'sixteen-letters!',
    '.',
    '..',
    'a/b',
    'a:b',
    'a b',
    'a\nb',
    '"',
    '#',
    '\\',
    '-net',
    'lo',
    'all',
    'default',
    'é',
  ])('interface name %j is not', (CNI_IFNAME) => {
    expect(failureOf(() => readEnvironment({ ...whole, CNI_IFNAME }))).toMatch(/^environment: CNI_IFNAME/u);
  });

  it.each(['lo', 'all', 'default', 'ä', '-net', '"', '\\', '#'])(
    'interface name %j, which ADD and CHECK refuse, keeps nobody from DEL',
    (CNI_IFNAME) => {
      for (const CNI_COMMAND of ['ADD', 'CHECK'])
        expect(failureOf(() => readEnvironment({ ...whole, CNI_COMMAND, CNI_IFNAME }))).toMatch(
          /^environment: CNI_IFNAME/u,
        );
      expect(readEnvironment({ ...whole, CNI_COMMAND: 'DEL', CNI_IFNAME }).ifname).toBe(CNI_IFNAME);
    },
  );

  it.each(['sixteen-letters!', 'ääääääää', '.', '..', 'a/b', 'a:b', 'a b', 'a\nb', 'a\u0085b', 'a\u00A0b', 'a\u2003b'])(
    'interface name %j is none for any plugin, nor for DEL',
    (CNI_IFNAME) => {
      expect(failureOf(() => readEnvironment({ ...whole, CNI_COMMAND: 'DEL', CNI_IFNAME }))).toMatch(
        /^environment: CNI_IFNAME/u,
      );
    },
  );

  it.each([
    ['1', true],
    ['true', true],
    ['TRUE', true],
    ['0', false],
    ['yes', false],
    ['', false],
  ])('CNI_NETNS_OVERRIDE=%s: %s', (CNI_NETNS_OVERRIDE, netnsOverride) => {
    expect(readEnvironment({ ...whole, CNI_NETNS_OVERRIDE }).netnsOverride).toBe(netnsOverride);
  });

  it('names every command when it does not know one, and never shows more than 80 characters of it', () => {
    const failure = failureOf(() => readEnvironment({ CNI_COMMAND: 'x'.repeat(10_000) }));
    expect(failure).toContain(commands.join(', '));
    expect(failure.length).toBeLessThan(200);
  });

  it.each(['MAC=02-42-ac-11-00-02', 'a', 'FOO=1', 'IgnoreUnknown=maybe'])(
    '%s, which ADD refuses, keeps nobody from DEL',
    (CNI_ARGS) => {
      expect(failureOf(() => readEnvironment({ ...whole, CNI_ARGS }))).toMatch(/^environment: CNI_ARGS /u);
      expect(readEnvironment({ ...whole, CNI_COMMAND: 'DEL', CNI_ARGS }).args).toStrictEqual({});
    },
  );

  it('does not look at arguments that a command has no use for', () => {
    expect(readEnvironment({ CNI_COMMAND: 'STATUS', CNI_PATH: '/x', CNI_ARGS: 'broken' }).args).toStrictEqual({});
    expect(readEnvironment({ CNI_COMMAND: 'GC', CNI_PATH: '::/x:', CNI_IFNAME: 'a/b' }).path).toStrictEqual(['/x']);
  });
});

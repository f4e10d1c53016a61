import { describe, expect, it } from 'vitest';
import { beginPairs, enterNetns, type Attachment, type Made } from '../../src/net/attach.ts';
import { PortFailure } from '../../src/net/port-failure.ts';
import type { Outcome } from '../../src/system/exec.ts';
import { Failure } from '../../src/system/failure.ts';

const done: Outcome = { code: 0, stdout: '', stderr: '', timedOut: false };

function attachmentOf(index: number): Attachment {
  const name = `av${index}`;
  const owner = { containerID: 'c', ifname: '', network: '', podNamespace: '', podName: '', netns: '', mac: '' };
  return {
    host: { name, mac: `02:00:00:00:00:0${index}`, alias: `shop/web/net${index}` },
    port: { name, bridge: 'br', vlans: { mode: 'access', tag: index }, owner: { ...owner, addresses: '' } },
    link: {
      name: `net${index}`,
      mac: `02:00:00:00:01:0${index}`,
      mtu: 1500,
      addresses: [`10.0.${index}.5/24`],
      routes: [{ dst: `10.${index}.0.0/16`, gw: `10.0.${index}.1` }],
      acceptRA: index === 1 ? false : undefined,
    },
  };
}

interface World {
  /** How the program ends. */
  readonly outcome?: Outcome;
  /** Lines that it writes before: when the pairs are there, when their settings are made, and those of the host's ends. */
  readonly lines?: readonly string[];
  /** Whether the kernel has IPv6. */
  readonly hasIPv6?: boolean;
  /** Whether somebody else makes the pairs. */
  readonly made?: Made;
  /** Names of links that are there. */
  readonly there?: readonly string[];
}

async function attach(
  count: number,
  { outcome = done, lines = ['', '', '', ''], hasIPv6 = true, made = 'not made', there = [] }: World = {},
) {
  const log: string[] = [];
  let answered = 0;
  const attachments = Array.from({ length: count }, (_, index) => attachmentOf(index + 1));
  const running = enterNetns(
    (command) => {
      log.push(command);
      return {
        write: (text) => void log.push(...text.trim().split('\n')),
        writeAside: (text) => void log.push(...text.split('\n').slice(0, -1)),
        endAside: () => void log.push('no more'),
        nextLine: async () => lines[answered++],
        end: async () => outcome,
      };
    },
    { netns: 7, hostNetns: 8, mark: {} },
  );
  const existing = (path: string): boolean =>
    path.endsWith('/ipv6') ? hasIPv6 : there.some((name) => path.endsWith(`/${name}`));
  const means = { files: { exists: (path: string) => existing(path) }, made: async () => made };
  const pairs = beginPairs(async () => running, attachments, means);
  const making = async (): Promise<void> => {
    await pairs.made;
    log.push('made');
    const links = attachments.map(({ link }) => link);
    await pairs.prepare(links);
    log.push('prepared');
    await pairs.bringUp(links);
  };
  return { log, failure: await making().catch((error: unknown) => error) };
}

describe('attachments of one Pod', () => {
  it.each([1, 4])('are made by one process: %i', async (count) => {
    const { log, failure } = await attach(count);
    expect(failure).toBeUndefined();
    expect(log.filter((line) => line === 'nsenter')).toHaveLength(1);
  });

  it('come up when all are there, have their settings, and their addresses', async () => {
    const { log } = await attach(2);
    const hosts = [
      '',
      'link set dev av1 alias shop/web/net1 addrgenmode none',
      'link set dev av2 alias shop/web/net2 addrgenmode none',
      'no more',
    ];
    const settings = log.indexOf('net2 ') + 1;
    expect(log.slice(settings).filter((line) => hosts.includes(line))).toStrictEqual(['', ...hosts]);
    expect(log.filter((line) => !hosts.includes(line)).map((line) => line.replace(/ mtu .*/u, ''))).toStrictEqual([
      'nsenter',
      'link add name av1 netns /proc/self/fd/4',
      'link add name av2 netns /proc/self/fd/4',
      'link show dev net2',
      'net1 0',
      'net2 ',
      'made',
      'address replace 10.0.1.5/24 broadcast + dev net1',
      'address replace 10.0.2.5/24 broadcast + dev net2',
      'prepared',
      'link set dev net1 up',
      'route append 10.1.0.0/16 via 10.0.1.1 dev net1',
      'link set dev net2 up',
      'route append 10.2.0.0/16 via 10.0.2.1 dev net2',
      'link show dev net2',
    ]);
  });

  it('are not made again where somebody else has made the pairs', async () => {
    const { log, failure } = await attach(1, { made: 'made', lines: ['', ''] });
    expect(failure).toBeUndefined();
    expect(log).toStrictEqual([
      'nsenter',
      'net1 0',
      '',
      'no more',
      'made',
      'address replace 10.0.1.5/24 broadcast + dev net1',
      'prepared',
      'link set dev net1 up',
      'route append 10.1.0.0/16 via 10.0.1.1 dev net1',
      'link show dev net1',
    ]);
  });

  it('are made as far as they are missing where somebody was about to make them', async () => {
    const { log, failure } = await attach(2, { made: 'unknown', there: ['av1'] });
    expect(failure).toBeUndefined();
    expect(log.filter((line) => line.startsWith('link add'))).toMatchObject([expect.stringContaining('av2')]);
    expect(log.filter((line) => line.startsWith('link set dev av'))).toHaveLength(2);
  });

  it('fail when the process cannot be started, and nothing is left under way', async () => {
    const failure = new Failure('wiring', 'the command nsenter is missing on this Node');
    const means = { files: { exists: () => true }, made: async () => 'made' as const };
    const pairs = beginPairs(() => Promise.reject(failure), [attachmentOf(1)], means);
    await expect(pairs.made).rejects.toBe(failure);
    await pairs.end();
  });

  it('need no IPv6', async () => {
    const { log } = await attach(1, { hasIPv6: false });
    expect(log).toContain('link set dev av1 alias shop/web/net1');
  });

  it.each([
    { stderr: 'RTNETLINK answers: File exists\nCommand failed -:2', port: 'av2', says: /^the interface net2 exists/u },
    {
      stderr: 'Error: Unknown device type.\nCommand failed -:1',
      port: 'av1',
      says: /^the veth pair av1 – net1 cannot be made: Unknown/u,
    },
    {
      stderr: 'sh: 5: cannot create x\nError: Nexthop has invalid gateway.\nCommand failed -:9',
      lines: ['', '', ''],
      port: 'av2',
      says: /^"ip route append 10.2.0.0.16 .* fails in the network namespace: Nexthop/u,
    },
    {
      stderr: 'RTNETLINK answers: Device or resource busy\nCommand failed -:2',
      lines: ['', '', 'failed'],
      port: 'av2',
      says: /^the link av2 of the host cannot be set up: Device or resource busy$/u,
    },
  ])('fail by one of them, and it is said which one: $stderr', async ({ stderr, port, says, lines = [] }) => {
    const { failure } = await attach(2, { outcome: { ...done, code: 1, stderr }, lines });
    expect(failure).toBeInstanceOf(PortFailure);
    expect(failure).toMatchObject({ port, message: expect.stringMatching(says) as unknown });
  });

  it.each([
    {
      outcome: { ...done, code: 1, stderr: 'nsenter: cannot open' },
      says: 'the veth pair av1, av2 – net1, net2 cannot be made: nsenter: cannot open',
    },
    {
      outcome: { ...done, code: 1, stderr: 'what?' },
      lines: [''],
      says: 'the interface net1, net2 cannot be set up: what?',
    },
    { outcome: { ...done, code: null }, says: 'the veth pair av1, av2 – net1, net2 cannot be made: ip was killed' },
    { outcome: { ...done, code: null, timedOut: true }, says: 'ip did not end in 10 s: is the Node overloaded?' },
    {
      outcome: { ...done, code: 127, stderr: 'sh: 20: exec: ip: not found' },
      says: 'the command ip is missing on this Node: install it, or add its folder to PATH',
    },
    {
      outcome: { ...done, code: 127, stderr: 'nsenter: failed to execute sh: No such file or directory' },
      says: 'the command sh is missing on this Node: install it, or add its folder to PATH',
    },
    {
      outcome: { ...done, code: 1, stderr: 'nsenter: cannot open' },
      lines: ['', '', 'failed'],
      says: 'the link av1, av2 of the host cannot be set up: nsenter: cannot open',
    },
  ])('fail together: $says', async ({ outcome, says, lines = [] }) => {
    const { failure } = await attach(2, { outcome, lines });
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).not.toBeInstanceOf(PortFailure);
    expect(failure).toMatchObject({ message: says });
  });
});

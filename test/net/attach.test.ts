import { describe, expect, it } from 'vitest';
import { attach, type Attachment, type Wiring } from '../../src/net/attach.ts';
import type { NewPort } from '../../src/net/ovs/driver.ts';
import { PortFailure } from '../../src/net/port-failure.ts';
import type { Exec, Outcome } from '../../src/system/exec.ts';
import { Failure } from '../../src/system/failure.ts';

const done: Outcome = { code: 0, stdout: '', stderr: '', timedOut: false };

function attachmentOf(index: number): Attachment {
  const name = `av${index}`;
  const owner = { containerID: 'c', ifname: '', network: '', podNamespace: '', podName: '', netns: '', mac: '' };
  return {
    host: { name, mac: `02:00:00:00:00:0${index}`, alias: `shop/web/net${index}`, ipv6: false },
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

interface Effects {
  readonly log: string[];
  readonly exec: Exec;
  readonly addPorts: (ports: readonly NewPort[]) => Promise<void>;
}

/** @param outcomes by the name of the program */
function effects(outcomes: Readonly<Record<string, Outcome>> = {}): Effects {
  const log: string[] = [];
  return {
    log,
    exec: (command, args, { input = '' }) => {
      const links = args.slice(args.indexOf('sh', 3) + 1);
      log.push(`${command}${command === 'nsenter' ? ` ${JSON.stringify(links)}` : ''}`, ...input.trim().split('\n'));
      return outcomes[command] ?? done;
    },
    addPorts: async (ports) => void log.push(`ports ${ports.map(({ name }) => name).join()}`),
  };
}

async function attachWith({ exec, addPorts }: Effects, count: number): Promise<unknown> {
  const attachments = Array.from({ length: count }, (_, index) => attachmentOf(index + 1));
  const wiring: Wiring = { netns: 7, attachments, mark: {} };
  return attach({ exec, ovs: { addPorts } }, wiring).catch((error: unknown) => error);
}

describe('attachments of one Pod', () => {
  it.each([1, 4])('are made with one process, one transaction and one process in the netns: %i', async (count) => {
    const made = effects();
    expect(await attachWith(made, count)).toBeUndefined();
    expect(made.log.filter((line) => /^(?:ip|ports|nsenter)\b(?! -)/u.test(line))).toHaveLength(3);
  });

  it('come up when all have their addresses, and their ports are there', async () => {
    const made = effects();
    await attachWith(made, 2);
    const rest = made.log.slice(made.log.indexOf('ports av1,av2'));
    expect(rest).toStrictEqual([
      'ports av1,av2',
      'nsenter ["net1","0","net2",""]',
      'address replace 10.0.1.5/24 broadcast + dev net1',
      'address replace 10.0.2.5/24 broadcast + dev net2',
      'link set dev net1 up',
      'route append 10.1.0.0/16 via 10.0.1.1 dev net1',
      'link set dev net2 up',
      'route append 10.2.0.0/16 via 10.0.2.1 dev net2',
    ]);
  });

  it.each([
    {
      program: 'ip',
      stderr: 'RTNETLINK answers: File exists\nCommand failed -:3',
      port: 'av2',
      says: /^the interface net2 exists/u,
    },
    {
      program: 'ip',
      stderr: 'Error: Unknown device type.\nCommand failed -:1',
      port: 'av1',
      says: /^the veth pair av1 – net1 cannot be made: Unknown/u,
    },
    {
      program: 'nsenter',
      stderr: 'Error: Nexthop has invalid gateway.\nCommand failed -:6',
      port: 'av2',
      says: /^"ip route append 10.2.0.0.16 .* fails/u,
    },
  ])('fail by one of them, and it is said which one: $stderr', async ({ program, stderr, port, says }) => {
    const failure = await attachWith(effects({ [program]: { ...done, code: 1, stderr } }), 2);
    expect(failure).toBeInstanceOf(PortFailure);
    expect(failure).toMatchObject({ port, message: expect.stringMatching(says) as unknown });
  });

  it.each([
    {
      outcome: { ...done, code: 1, stderr: 'nsenter: cannot open' },
      says: 'the interface net1, net2 cannot be set up: nsenter: cannot open',
    },
    { outcome: { ...done, code: null, timedOut: true }, says: 'nsenter did not end in 10 s: is the Node overloaded?' },
  ])('fail together: $says', async ({ outcome, says }) => {
    const failure = await attachWith(effects({ nsenter: outcome }), 2);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).not.toBeInstanceOf(PortFailure);
    expect(failure).toMatchObject({ message: says });
  });
});

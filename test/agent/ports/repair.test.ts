import { beforeEach, describe, expect, it } from 'vitest';
import { repairPorts, type PortMeans } from '../../../src/agent/ports/repair.ts';
import type { BridgeFacts } from '../../../src/net/ovs/bridges.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { attachmentKey, hostInterfaceName } from '../../../src/system/attachment-id.ts';
import { Failure } from '../../../src/system/failure.ts';
import type { JournalEntry } from '../../../src/system/journal.ts';

function entryOf(containerID: string, bridge = 'br'): JournalEntry {
  const id = { containerID, ifname: 'net1' };
  const ids = { podNamespace: 'shop', podName: 'web-0', mac: '', addresses: '' };
  const port = { bridge, vlans: { mode: 'access', tag: 7 }, mtu: 1500, ...ids };
  const facts = { network: 'vlan', netns: '/run/netns/x', pools: [], addresses: [], confirmed: true };
  return { ...id, ...facts, hostInterface: hostInterfaceName(id), port };
}

const bridge: BridgeFacts = {
  uuid: 'br',
  name: 'br',
  ours: true,
  draining: false,
  multicastSnooping: false,
  ports: [],
};

let mtus: Map<string, number>;
/** Names in each transaction. */
let changes: string[][];
let refused: string | undefined;
let busy: string | undefined;
let repaired: string[];
/** Links that `ip` cannot change. */
let stuck: string[];
beforeEach(() => {
  [changes, refused, busy, repaired, stuck] = [[], undefined, undefined, [], []];
});

const exec: Exec = (_, args, { input = '' }) => {
  const outcome = { code: 0, stdout: '', stderr: '', timedOut: false };
  if (args.includes('show')) {
    const links = [...mtus].map(([ifname, mtu]) => ({ ifname, mtu, flags: ['UP'] }));
    return { ...outcome, stdout: JSON.stringify(links) };
  }
  for (const [, name = '', mtu] of input.matchAll(/dev (\w+) mtu (\d+)/gu))
    if (!stuck.includes(name)) mtus.set(name, Number(mtu));
  return { ...outcome, stderr: stuck.length > 0 ? 'RTNETLINK answers: Invalid argument' : '' };
};

/** Open vSwitch has the bridge, and lacks the ports of all these. */
async function repair(entries: readonly JournalEntry[]): Promise<readonly string[]> {
  const means: PortMeans = {
    ovs: {
      read: async () => ({ bridges: new Map([['br', bridge]]), ports: new Map() }),
      change: async (operations) => {
        const text = JSON.stringify(operations);
        const names = entries.map((one) => one.hostInterface).filter((name) => text.includes(name));
        if (refused !== undefined && names.includes(refused)) throw new Failure('wiring', 'constraint violation');
        changes.push(names);
      },
    },
    journal: {
      list: () => entries,
      read: ({ containerID }) => entries.find((one) => one.containerID === containerID),
    },
    locks: {
      whileFree: async (keys, work) => work(new Set(keys.filter((key) => key !== busy))),
    },
    exec,
    log: () => {},
    repaired: (fault) => void repaired.push(fault),
  };
  return repairPorts(means);
}

describe('ports of Pods', () => {
  const entries = ['c1', 'c2', 'c3'].map((id) => entryOf(id));
  const [one = '', two = '', three = ''] = entries.map(({ hostInterface }) => hostInterface);
  beforeEach(() => {
    mtus = new Map([one, two, three].map((name) => [name, 1500]));
  });

  it('are put right in one transaction', async () => {
    expect(await repair(entries)).toEqual([]);
    expect([changes, repaired]).toEqual([[[one, two, three]], ['missing', 'missing', 'missing']]);
  });

  it('are put right one by one when Open vSwitch refuses to do it for one of them', async () => {
    refused = two;
    expect(await repair(entries)).toEqual([`${two}: constraint violation`]);
    expect([changes, repaired]).toEqual([
      [[one], [three]],
      ['missing', 'missing'],
    ]);
  });

  it('are left alone while a call works on them', async () => {
    const [, second] = entries;
    busy = second && attachmentKey(second);
    expect(await repair(entries)).toEqual([]);
    expect(changes).toEqual([[one, three]]);
  });

  it('are not moved elsewhere when their bridge is gone', async () => {
    const homeless = entryOf('c1', 'br-gone');
    expect(await repair([homeless])).toEqual([`${one}: Open vSwitch has no bridge br-gone, which it was attached to`]);
    expect(changes).toEqual([]);
  });

  it('are not said to be right when their link cannot be put right', async () => {
    mtus = new Map([one, two].map((name) => [name, 9000]));
    stuck = [two];
    expect(await repair(entries)).toEqual([
      `${two}: its link cannot be put right: RTNETLINK answers: Invalid argument`,
    ]);
    expect(mtus.get(one)).toBe(1500);
    expect(repaired).toEqual(['missing', 'link', 'missing']);
  });
});

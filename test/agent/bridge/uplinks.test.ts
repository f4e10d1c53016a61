import { beforeEach, describe, expect, it } from 'vitest';
import type { BridgeMeans } from '../../../src/agent/bridge/context.ts';
import { checkMovedName, checkUplinks, ensureUplinks, isSingleHost } from '../../../src/agent/bridge/uplinks.ts';
import type { BridgeSettings } from '../../../src/agent/config/settings.ts';
import type { Move } from '../../../src/agent/move/journal.ts';
import type { BridgeFacts, BridgePort } from '../../../src/net/ovs/bridges.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { failureOf, rejectionOf } from '../../failure-of.ts';

/** eth0 is the management interface, and has an address, as eth3; eth2 is a part of bond0; eth9 is not there. */
const links = [
  { ifname: 'eth0', addr_info: [{ family: 'inet', local: '10.0.0.5', prefixlen: 24, scope: 'global' }] },
  { ifname: 'eth1' },
  { ifname: 'eth2', master: 'bond0' },
  { ifname: 'eth3', addr_info: [{ family: 'inet', local: '10.3.0.5', prefixlen: 24, scope: 'global' }] },
  { ifname: 'eth4' },
  { ifname: 'eth5' },
];

const exec: Exec = (_, args) => {
  const stdout = args.includes('show') ? JSON.stringify(links) : '';
  return { code: 0, stdout, stderr: '', timedOut: false };
};

let changes: readonly object[][];
let lines: string[];
let move: Move | undefined;
beforeEach(() => {
  [changes, lines, move] = [[], [], undefined];
});

function moveOf(name: string, phase: Move['phase']): Move {
  const addressing = { addresses: [], routes: [] };
  const from = { name, index: 3, mac: '', mtu: 1500, acceptRA: '', addressing, boot: '' };
  return { ...from, id: 'a', phase, bridge: 'br1', portIndex: 7, servers: [], deadline: 0 };
}

function means(): BridgeMeans {
  return {
    exec,
    log: (_, message) => void lines.push(message),
    ovs: { read: async () => [], change: async (operations) => void (changes = [...changes, [...operations]]) },
    journal: { read: () => move, write: () => {}, remove: () => {} },
    startWatchdog: () => {},
    management: async () => ({ interfaces: new Set(['eth0']), servers: [] }),
  };
}

function port(name: string, more: Partial<BridgePort> = {}): BridgePort {
  return { uuid: `port-${name}`, name, role: '', type: '', trunks: [], ofport: 1, error: '', ...more };
}

function uplink(name: string, trunks: readonly number[] = []): BridgePort {
  return port(name, { role: 'uplink', trunks });
}

function facts(...ports: readonly BridgePort[]): BridgeFacts {
  return { uuid: 'bridge', name: 'br1', ours: true, draining: false, multicastSnooping: false, ports };
}

function bridge(...names: readonly string[]): BridgeSettings {
  return { name: 'br1', interfaces: names.map((name) => ({ name, vlans: undefined })), multicastSnooping: false };
}

const rules = { allowManagementInterface: false, datapathType: 'system' };

async function check(names: readonly string[], found: readonly BridgeFacts[], allow = false): Promise<void> {
  const own = found.find(({ name }) => name === 'br1') ?? facts();
  const wish = { ...rules, allowManagementInterface: allow, bridge: bridge(...names) };
  return checkUplinks(wish, { facts: own, found }, means());
}

describe('an interface for the bridge', () => {
  it.each<readonly [string, readonly string[], readonly BridgeFacts[]]>([
    ['one that is free', ['eth1'], [facts()]],
    ['several that are free', ['eth1', 'eth4'], [facts()]],
    ['one that is an uplink already, though it is the management interface', ['eth0'], [facts(port('eth0'))]],
    ['none', [], [facts()]],
  ])('may be %s', async (_, names, found) => {
    await expect(check(names, found)).resolves.toBeUndefined();
  });

  it.each<readonly [string, readonly string[], readonly BridgeFacts[], string]>([
    ['is not there', ['eth9'], [facts()], 'config: the physical interface eth9 is not on this Node'],
    ['is a part of a bond', ['eth2'], [facts()], 'config: the physical interface eth2 is a part of bond0 already'],
    [
      'is a port of another bridge',
      ['eth1'],
      [facts(), { ...facts(port('eth1')), name: 'br-int' }],
      'config: the physical interface eth1 is a part of br-int already',
    ],
    ['is the management interface', ['eth0'], [facts()], 'refused: eth0 is the interface by which this Node'],
  ])('is refused when it %s', async (...[, names, found, message]) => {
    expect(await rejectionOf(check(names, found))).toContain(message);
  });

  it('may be the management interface when that is allowed, as the single one only', async () => {
    await expect(check(['eth0'], [facts()], true)).resolves.toBeUndefined();
    expect(await rejectionOf(check(['eth0', 'eth1'], [facts()], true))).toContain('only as the single one');
  });
});

describe('addresses move to the bridge', () => {
  it.each<readonly [boolean, string, readonly string[], BridgeFacts, Move | undefined]>([
    [true, 'of a single interface that has some', ['eth3'], facts(), undefined],
    [false, 'of none of several interfaces', ['eth3', 'eth1'], facts(), undefined],
    [false, 'of no interface that has none', ['eth1'], facts(), undefined],
    [
      false,
      'of none that is an uplink without them already',
      ['eth3'],
      facts(port('eth3', { role: 'uplink' })),
      undefined,
    ],
    [true, 'of one that has moved', ['eth1'], facts(), moveOf('eth1', 'moved')],
    [false, 'of none whose move was given up, and which has none', ['eth1'], facts(), moveOf('eth1', 'given-up')],
  ])('(%j) %s', (...[expected, , names, own, known]) => {
    move = known;
    expect(isSingleHost({ ...rules, bridge: bridge(...names) }, means(), own)).toBe(expected);
  });

  it.each([
    ['eth3', undefined],
    ['a-name-of-14chr', 'cannot be moved: with "~"'],
  ])('unless the name is too long for that: %s', (name, problem) => {
    const run = (): void => checkMovedName(name);
    if (problem === undefined) expect(run).not.toThrow();
    else expect(failureOf(run)).toContain(problem);
  });
});

describe('uplinks', () => {
  it('that are as they are wanted are left alone', async () => {
    await ensureUplinks(bridge('eth1', 'eth4'), facts(uplink('eth4'), uplink('eth1'), port('av1')), means());
    expect(changes).toEqual([]);
  });

  it('come and go in one transaction, and carry what is wanted', async () => {
    const wanted = {
      ...bridge(),
      interfaces: [
        { name: 'eth4', vlans: [100] },
        { name: 'eth5', vlans: [0, 200] },
      ],
    };
    await ensureUplinks(wanted, facts(uplink('eth1'), uplink('eth4', [300]), port('av1')), means());
    expect(changes).toHaveLength(1);
    const text = JSON.stringify(changes);
    expect(text).toContain('port-eth1');
    expect(text).toContain('"trunks":["set",[100]]');
    expect(text).toContain('"trunks":["set",[0,200]]');
    expect(text).not.toContain('av1');
    expect(lines).toEqual([
      'several uplinks can make a loop, unless the switches prevent it',
      'an uplink drops frames without a VLAN: allowedVLANs has no 0',
      'connected the bridge',
    ]);
  });

  it('whose addresses are lost are told of', async () => {
    await ensureUplinks(bridge('eth3', 'eth1'), facts(), means());
    expect(lines).toContain('the addresses of an uplink do not work any more');
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { BridgeMeans } from '../../../src/agent/bridge/context.ts';
import { ensureHostConnection, releaseHostConnection } from '../../../src/agent/bridge/host-connection.ts';
import type { BridgeSettings } from '../../../src/agent/config/settings.ts';
import type { Move } from '../../../src/agent/move/journal.ts';
import type { BridgeFacts, BridgePort } from '../../../src/net/ovs/bridges.ts';
import { bootID } from '../../../src/system/boot-id.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { Failure } from '../../../src/system/failure.ts';
import { rejectionOf } from '../../failure-of.ts';

/** eth1 has moved: it is called eth1~, and the port of the bridge has its name. */
const moved = [
  { ifindex: 3, ifname: 'eth1~' },
  { ifindex: 7, ifname: 'eth1' },
];
const still = [{ ifindex: 3, ifname: 'eth1' }];

let links: readonly object[];
let move: Move | undefined;
let changes: string[];
let commands: string[];
let bridges: readonly BridgeFacts[];
beforeEach(() => {
  [links, move, changes, commands, bridges] = [still, undefined, [], [], []];
});

const exec: Exec = (_, args) => {
  if (!args.includes('show')) commands.push(args.join(' '));
  return { code: 0, stdout: args.includes('show') ? JSON.stringify(links) : '', stderr: '', timedOut: false };
};

function means(): BridgeMeans {
  return {
    exec,
    log: () => {},
    ovs: { read: async () => bridges, change: async (operations) => void changes.push(JSON.stringify(operations)) },
    journal: { read: () => move, write: (next) => void (move = next), remove: () => void (move = undefined) },
    startWatchdog: () => {},
    management: async () => {
      throw new Failure('unavailable', 'the move begins');
    },
  };
}

function moveOf(phase: Move['phase'], more: Partial<Move> = {}): Move {
  const addressing = { addresses: [], routes: [] };
  const from = { name: 'eth1', index: 3, mac: '', mtu: 1500, acceptRA: '', addressing, boot: bootID() };
  return { ...from, id: 'a', phase, bridge: 'br1', portIndex: 7, servers: [], deadline: 0, ...more };
}

function port(name: string, role: string, trunks: readonly number[] = []): BridgePort {
  return { uuid: `port-${name}`, name, role, type: '', trunks, ofport: 1, error: '' };
}

function facts(...ports: readonly BridgePort[]): BridgeFacts {
  return { uuid: 'bridge', name: 'br1', ours: true, draining: false, multicastSnooping: false, ports };
}

function bridge(name = 'eth1', vlans?: readonly number[]): BridgeSettings {
  return { name: 'br1', interfaces: [{ name, vlans }], multicastSnooping: false };
}

async function ensure(wanted: BridgeSettings, own: BridgeFacts): Promise<void> {
  bridges = [own];
  const rules = { allowManagementInterface: true, datapathType: 'system' };
  await ensureHostConnection({ ...rules, bridge: wanted }, own, means());
}

describe('the connection of the Node by the bridge', () => {
  it("is not made where the interface is not to carry the Node's own frames, which have no VLAN", async () => {
    expect(await rejectionOf(ensure(bridge('eth1', [100]), facts()))).toContain('allowedVLANs of eth1 has no 0');
    expect([move, changes]).toStrictEqual([undefined, []]);
  });

  it.each([
    [
      'waits for its time when it has failed a moment ago',
      10_000,
      'eth1 was moved to br1, and back, since that did not work',
    ],
    ['is tried again when its time has come', -1000, 'the move begins'],
  ])('%s', async (_, left, message) => {
    move = moveOf('given-up', { deadline: Date.now() + left });
    expect(await rejectionOf(ensure(bridge(), facts()))).toContain(message);
  });

  it('that is in place is left alone', async () => {
    [links, move] = [moved, moveOf('moved')];
    await ensure(bridge(), facts(port('eth1', 'host'), port('eth1~', 'uplink')));
    expect([changes, commands]).toStrictEqual([[], []]);
  });

  it('carries other VLANs when others are wanted', async () => {
    [links, move] = [moved, moveOf('moved')];
    await ensure(bridge('eth1', [0, 200]), facts(port('eth1', 'host'), port('eth1~', 'uplink', [0, 100])));
    expect(changes).toHaveLength(1);
    expect(changes[0]).toContain('"trunks":["set",[0,200]]');
    expect(changes[0]).toContain('port-eth1~');
  });

  it('has no other uplink beside it', async () => {
    [links, move] = [moved, moveOf('moved')];
    await ensure(bridge(), facts(port('eth1', 'host'), port('eth1~', 'uplink'), port('eth4', 'uplink')));
    expect(changes).toHaveLength(1);
    expect(changes[0]).toContain('port-eth4');
    expect(changes[0]).not.toContain('port-eth1');
  });
});

describe('a move that is not wanted any more', () => {
  it.each<readonly [string, BridgeSettings | undefined]>([
    ['there is no bridge', undefined],
    ['another interface is wanted', bridge('eth2')],
    ['another bridge is wanted', { ...bridge(), name: 'br2' }],
    [
      'a second interface is wanted',
      { ...bridge(), interfaces: [...bridge().interfaces, ...bridge('eth2').interfaces] },
    ],
  ])('and was given up is forgotten when %s', async (_, wanted) => {
    move = moveOf('given-up', { deadline: Date.now() + 60_000 });
    await releaseHostConnection(wanted, means());
    expect([move, commands]).toStrictEqual([undefined, []]);
  });

  it('is one that still is when the same is wanted', async () => {
    [links, move] = [moved, moveOf('moved')];
    await releaseHostConnection(bridge(), means());
    expect([move?.phase, changes, commands]).toStrictEqual(['moved', [], []]);
  });
});

describe('a move whose interface is gone', () => {
  it.each([
    ['taken out', () => (links = [{ ifindex: 9, ifname: 'eth1' }])],
    ['new, since the Node was started again', () => (move = moveOf('moved', { boot: 'another' }))],
  ])('since it was %s, leaves no port of ours, and nothing else goes', async (_, happen) => {
    move = moveOf('moved');
    happen();
    const others = [port('eth1', ''), port('eth2', 'host'), port('av1', 'container')];
    bridges = [facts(...others), facts(port('eth1', 'host'), port('eth1~', 'uplink'), ...others)];
    await releaseHostConnection(bridge(), means());
    expect(move).toBeUndefined();
    expect(changes.map((text) => text.match(/port-[\w~]+/gu))).toStrictEqual([['port-eth1', 'port-eth1~']]);
  });
});

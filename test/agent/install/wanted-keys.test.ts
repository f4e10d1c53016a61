import { describe, expect, it } from 'vitest';
import type { BridgeState } from '../../../src/agent/bridge/state.ts';
import { readSettings } from '../../../src/agent/config/settings.ts';
import { createFollowed } from '../../../src/agent/followed.ts';
import { carriedVlans, wantedKeys } from '../../../src/agent/install/wanted-keys.ts';

const agentSocket = '/run/antrea-cni/agent.sock';
const unknown = {
  set: {},
  otherwise: { agentSocket },
  unknown: expect.arrayContaining(['bridge', 'dataDir']) as unknown,
};

const gates = { featureGates: { AntreaIPAM: true, SecondaryNetwork: true } };

function keysFor(file: object, state: BridgeState): ReturnType<typeof wantedKeys> {
  const settings = { ...createFollowed(readSettings({ ...gates, ...file }, 'file')), complaint: () => undefined };
  return wantedKeys({ settings, cluster: undefined, bridge: createFollowed(state) });
}

function network(bridgeName: string, more: object = {}): object {
  return { secondaryNetwork: { ovsBridges: [{ bridgeName }], ...more } };
}

describe('what the Node file is to have', () => {
  it.each<[string, object, BridgeState, unknown]>([
    [
      'the bridge that is ready',
      network('br'),
      { phase: 'ready', name: 'br', uplinks: [] },
      { set: { bridge: 'br' }, otherwise: { agentSocket } },
    ],
    ['not one that is about to come', network('br'), { phase: 'none' }, unknown],
    ['not one that another has to go for', network('br'), { phase: 'ready', name: 'br-old', uplinks: [] }, unknown],
    ['nor while that goes', network('br'), { phase: 'draining', name: 'br-old', ports: 1 }, unknown],
    ['nothing new while something is in the way', network('br'), { phase: 'failed', reason: 'a' }, unknown],
    ['no bridge where there is to be none', {}, { phase: 'none' }, { set: {}, otherwise: { agentSocket } }],
    [
      'the socket where the agent answers',
      { agentSocket: '/run/a.sock' },
      { phase: 'none' },
      { set: {}, otherwise: { agentSocket: '/run/a.sock' } },
    ],
    ['no socket where it answers nowhere', { featureGates: {} }, { phase: 'off' }, { set: {}, otherwise: {} }],
    [
      'what the file says besides',
      { ...network('br', { bridges: ['x'], allowedVLANs: ['7'] }), ovsdb: 'unix:/db', dataDir: '/d' },
      { phase: 'ready', name: 'br', uplinks: [] },
      {
        set: { bridge: 'br', bridges: ['x'], allowedVLANs: ['7'], ovsdb: 'unix:/db', dataDir: '/d' },
        otherwise: { agentSocket },
      },
    ],
  ])('%s', (_, ...[file, state, keys]) => {
    expect(keysFor(file, state)).toEqual(keys);
  });

  it('is not changed while the cluster has not said which bridge there is to be', () => {
    const settings = { ...createFollowed(readSettings(gates, 'file')), complaint: () => undefined };
    const cluster = { node: createFollowed(undefined), nodeConfigs: createFollowed(undefined) };
    const bridge = createFollowed<BridgeState>({ phase: 'ready', name: 'br', uplinks: [] });
    expect(wantedKeys({ settings, cluster, bridge })).toEqual(unknown);
  });
});

describe('the VLANs that networks may use, where the agent is not told of them', () => {
  it.each<[string, readonly (readonly number[] | undefined)[], readonly string[] | undefined]>([
    ['there is no interface', [], undefined],
    ['one carries all', [[1, 2], undefined], undefined],
    [
      'each carries some',
      [
        [0, 100, 101],
        [7, 101, 102],
      ],
      ['0', '7', '100-102'],
    ],
  ])('%s', (_, lists, wanted) => {
    expect(carriedVlans({ interfaces: lists.map((vlans, at) => ({ name: `eth${at}`, vlans })) })).toEqual(wanted);
  });
});

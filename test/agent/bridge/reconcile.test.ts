import { beforeEach, describe, expect, it } from 'vitest';
import type { BridgeMeans } from '../../../src/agent/bridge/context.ts';
import { reconcile } from '../../../src/agent/bridge/reconcile.ts';
import type { BridgeState } from '../../../src/agent/bridge/state.ts';
import type { BridgeFacts, BridgePort } from '../../../src/net/ovs/bridges.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { rejectionOf } from '../../failure-of.ts';

const exec: Exec = (_, args) => ({
  code: 0,
  stdout: args.includes('show') ? '[]' : '',
  stderr: '',
  timedOut: false,
});

let lines: string[];
beforeEach(() => {
  lines = [];
});

/** What Open vSwitch has; each transaction brings it to the next of these. */
function means(...states: readonly (readonly BridgeFacts[])[]): BridgeMeans {
  let at = 0;
  return {
    exec,
    log: (_, message) => void lines.push(message),
    ovs: {
      read: async () => states[at] ?? [],
      change: async () => {
        at += 1;
      },
    },
    journal: { read: () => undefined, write: () => {}, remove: () => {} },
    startWatchdog: () => {},
    management: async () => ({ interfaces: new Set(), servers: [] }),
  };
}

function port(name: string, role = ''): BridgePort {
  return { uuid: `port-${name}`, name, role, type: '', trunks: [], ofport: 1, error: '' };
}

function bridge(name: string, more: Partial<BridgeFacts> = {}): BridgeFacts {
  return { uuid: name, name, ours: true, draining: false, multicastSnooping: false, ports: [port(name)], ...more };
}

async function reached(name: string | undefined, from: BridgeMeans): Promise<BridgeState> {
  const rules = { allowManagementInterface: false, datapathType: 'system' };
  const wanted = name === undefined ? undefined : { name, interfaces: [], multicastSnooping: false };
  return reconcile({ ...rules, bridge: wanted }, from);
}

const br1 = bridge('br1');
const withPod = { ...br1, ports: [port('br1'), port('av1', 'container')] };
const foreign = { ...br1, ours: false };
const ready = { phase: 'ready', name: 'br1', uplinks: [] };

describe('the secondary bridge', () => {
  it.each<readonly [string, string | undefined, readonly (readonly BridgeFacts[])[], object, readonly string[]]>([
    ['that is there is left as it is', 'br1', [[br1]], ready, []],
    ['is made', 'br1', [[], [br1]], ready, ['made the bridge']],
    ['is adopted when it bears the name', 'br1', [[foreign], [br1]], ready, ['adopted the bridge']],
    ['is taken back that was to go', 'br1', [[{ ...br1, draining: true }], [br1]], ready, ['changed the bridge']],
    ['is changed', 'br1', [[{ ...br1, multicastSnooping: true }], [br1]], ready, ['changed the bridge']],
    ["is none where none is wanted, and others' bridges are left alone", undefined, [[foreign]], { phase: 'none' }, []],
    [
      'that is not wanted goes only when it has no Pods',
      undefined,
      [[withPod], [{ ...withPod, draining: true }]],
      { phase: 'draining', name: 'br1', ports: 1 },
      ['nothing new is attached to the bridge any more'],
    ],
  ])('%s', async (...[, wanted, states, state, said]) => {
    expect(await reached(wanted, means(...states))).toEqual(state);
    expect(lines).toEqual(said);
  });

  it('of another name comes when the old one is gone', async () => {
    const br2 = bridge('br2');
    const draining = { ...br1, draining: true };
    expect(await reached('br2', means([br1], [draining], [], [br2]))).toEqual({ ...ready, name: 'br2' });
    expect(lines).toContain('made the bridge');
  });

  it('that others have connected something to is left to them', async () => {
    const shared = { ...br1, draining: true, ports: [port('br1'), port('patch')] };
    await reached(undefined, means([shared], [foreign]));
    expect(lines).toEqual(['the bridge is left to others']);
  });

  it('is not guessed among several', async () => {
    expect(await rejectionOf(reached('br1', means([br1, bridge('br2')])))).toMatch(
      /^config: Open vSwitch has several secondary bridges, br1, br2/u,
    );
  });
});

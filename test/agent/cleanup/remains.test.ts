import { describe, expect, it } from 'vitest';
import { remainsOf, type Sources } from '../../../src/agent/cleanup/remains.ts';
import type { Allocation } from '../../../src/ipam/store.ts';
import type { PortOwner } from '../../../src/net/ovs/ports.ts';
import type { JournalEntry } from '../../../src/system/journal.ts';
import { address } from '../../ipam/sample.ts';

const nothing: Sources = { allocations: [], entries: [], records: [], ports: [] };

function entry(more: Partial<JournalEntry> = {}): JournalEntry {
  return {
    containerID: 'c1',
    ifname: 'net1',
    network: 'vlan100',
    netns: '/run/netns/a',
    hostInterface: 'av1',
    pools: ['a'],
    addresses: [],
    confirmed: true,
    ...more,
  };
}

function port(more: Partial<PortOwner> = {}): PortOwner {
  return {
    containerID: 'c1',
    ifname: 'net1',
    network: 'vlan100',
    podNamespace: 'default',
    podName: 'web-0',
    netns: '/run/netns/a',
    mac: '',
    addresses: '10.0.0.5,fd00::5',
    ...more,
  };
}

function allocation(text: string, pool: string, more: Partial<Allocation['owner']['pod']> = {}): Allocation {
  const pod = { namespace: 'default', name: 'web-0', uid: 'u', containerID: 'c1', ifName: 'net1', node: 'n', ...more };
  const owner = { network: 'vlan100', pod };
  return { pool, poolUID: '', address: address(text), phase: 'Allocated', owner, version: text };
}

describe('what there is of sandboxes', () => {
  it('is put together from all that know of one', () => {
    const [one, ...others] = remainsOf({
      ...nothing,
      entries: [entry(), entry({ ifname: 'net2', hostInterface: '', netns: '' })],
      ports: [port({ netns: '/run/netns/b' })],
      allocations: [allocation('10.0.0.5', 'a')],
    });
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      containerID: 'c1',
      netns: ['/run/netns/a', '/run/netns/b'],
      attachments: [
        { ifname: 'net1', wired: true, pools: ['a'] },
        { ifname: 'net2', wired: false },
      ],
      allocations: [],
    });
  });

  it('has the pools of a port that the journal has lost from the addresses of the store', () => {
    const allocations = [allocation('10.0.0.5', 'a'), allocation('fd00::5', 'b'), allocation('10.0.0.9', 'c')];
    const [one] = remainsOf({ ...nothing, ports: [port()], allocations });
    expect(one?.attachments).toMatchObject([{ ifname: 'net1', wired: true, pools: ['a', 'b'] }]);
    expect(one?.allocations.map(({ pool }) => pool)).toEqual(['c']);
  });

  it('has addresses that nothing else knows of', () => {
    const [one] = remainsOf({ ...nothing, allocations: [allocation('10.0.0.5', 'a')] });
    expect(one).toMatchObject({ containerID: 'c1', netns: [], attachments: [] });
    expect(one?.allocations).toHaveLength(1);
  });

  it('has no attachment of a port that does not say whose it is', () => {
    expect(remainsOf({ ...nothing, ports: [port({ containerID: '' })] })).toEqual([]);
    expect(remainsOf({ ...nothing, ports: [port({ network: '' })] })).toMatchObject([{ attachments: [] }]);
  });
});

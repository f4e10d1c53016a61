import { expect, it } from 'vitest';
import { externalIDs, readPorts, type PortOwner } from '../../../src/net/ovs/ports.ts';

const owner: PortOwner = {
  containerID: 'c1',
  ifname: 'net1',
  network: 'vlan100',
  podNamespace: 'shop',
  podName: 'web-0',
  netns: '/run/netns/x',
  mac: '02:00:00:00:00:01',
  addresses: '10.0.0.5,fd00::5',
};
const ids = {
  'antrea-cni': 'container',
  'container-id': 'c1',
  'if-dev': 'net1',
  network: 'vlan100',
  'pod-namespace': 'shop',
  'pod-name': 'web-0',
  'net-ns': '/run/netns/x',
  'attached-mac': '02:00:00:00:00:01',
  'ip-address': '10.0.0.5,fd00::5',
};

it('a port tells whose it is', () => {
  expect(externalIDs(owner)).toStrictEqual(ids);
});

it('a port tells nothing of what is not known', () => {
  const nobody = externalIDs({ ...owner, podNamespace: '', podName: '', addresses: '' });
  expect(Object.keys(nobody).filter((key) => /pod|ip-address/u.test(key))).toStrictEqual([]);
});

const map = (entries: Readonly<Record<string, string>>) => ['map', Object.entries(entries)];
const none = ['set', []];
const uuid = (name: string) => ['uuid', name];

it('joins ports, interfaces and bridges', () => {
  const ports = [
    { _uuid: uuid('u1'), name: 'av1', vlan_mode: 'access', tag: 100, trunks: none, external_ids: map(ids) },
    {
      _uuid: uuid('u2'),
      name: 'av2',
      vlan_mode: 'trunk',
      tag: none,
      trunks: ['set', [10, 11]],
      external_ids: map({ network: 'vlan100' }),
    },
    { _uuid: uuid('u3'), name: 'av3', vlan_mode: none, tag: none, trunks: 7, external_ids: map({}) },
  ];
  const interfaces = [
    { name: 'av1', ofport: 5, error: none },
    { name: 'av2', ofport: -1, error: 'No such device' },
    { name: 'other', ofport: 7, error: none },
  ];
  const bridges = [
    { name: 'br-other', ports: uuid('u9') },
    { name: 'br0', ports: ['set', [uuid('u1'), uuid('u2')]] },
  ];
  const nobody = Object.fromEntries(Object.keys(owner).map((key) => [key, '']));
  expect(readPorts({ ports, interfaces, bridges })).toStrictEqual([
    { name: 'av1', bridge: 'br0', vlanMode: 'access', tag: 100, trunks: [], owner, ofport: 5, error: '' },
    {
      name: 'av2',
      bridge: 'br0',
      vlanMode: 'trunk',
      tag: undefined,
      trunks: [10, 11],
      owner: { ...nobody, network: 'vlan100' },
      ofport: -1,
      error: 'No such device',
    },
    {
      name: 'av3',
      bridge: undefined,
      vlanMode: '',
      tag: undefined,
      trunks: [7],
      owner: nobody,
      ofport: undefined,
      error: '',
    },
  ]);
});

it('finds none in empty tables', () => {
  expect(readPorts({ ports: [], interfaces: [], bridges: [] })).toStrictEqual([]);
});

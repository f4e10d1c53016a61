import { describe, expect, it } from 'vitest';
import { findPortCommands, parsePorts, portColumns, type PortOwner } from '../../src/net/ovs-ports.ts';
import { failureOf } from '../failure-of.ts';

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

describe('the columns of a port', () => {
  it('are its VLANs and whose it is, quoted for OVS', () => {
    expect(portColumns({ mode: 'native-untagged', tag: 5, trunks: [10, 11] }, owner)).toStrictEqual([
      'vlan_mode=native-untagged',
      'tag=5',
      'trunks=10,11',
      'external_ids:antrea-cni=container',
      'external_ids:container-id="c1"',
      'external_ids:if-dev="net1"',
      'external_ids:network="vlan100"',
      'external_ids:pod-namespace="shop"',
      'external_ids:pod-name="web-0"',
      'external_ids:net-ns="/run/netns/x"',
      'external_ids:attached-mac="02:00:00:00:00:01"',
      'external_ids:ip-address="10.0.0.5,fd00::5"',
    ]);
  });

  it('leave out what is not known, and what a mode has not', () => {
    const nobody = { ...owner, podNamespace: '', podName: '', addresses: '' };
    const columns = portColumns({ mode: 'access', tag: 0 }, nobody);
    expect(columns.slice(0, 2)).toStrictEqual(['vlan_mode=access', 'tag=0']);
    expect(columns.filter((column) => /pod|ip-address|trunks/u.test(column))).toStrictEqual([]);
    expect(portColumns({ mode: 'trunk', trunks: [1] }, owner).slice(0, 2)).toStrictEqual([
      'vlan_mode=trunk',
      'trunks=1',
    ]);
  });

  it('keep a text one text, whatever is in it', () => {
    const columns = portColumns({ mode: 'access', tag: 0 }, { ...owner, netns: '/a",b="c\n' });
    expect(columns).toContain(String.raw`external_ids:net-ns="/a\",b=\"c\n"`);
  });
});

const map = (entries: Readonly<Record<string, string>>) => ['map', Object.entries(entries)];
const table = (...data: readonly (readonly unknown[])[]) => JSON.stringify({ headings: [], data });
const none = ['set', []];
const ids = map({
  'antrea-cni': 'container',
  'container-id': 'c1',
  'if-dev': 'net1',
  network: 'vlan100',
  'pod-namespace': 'shop',
  'pod-name': 'web-0',
  'net-ns': '/run/netns/x',
  'attached-mac': '02:00:00:00:00:01',
  'ip-address': '10.0.0.5,fd00::5',
});

describe('parsePorts', () => {
  it('joins ports, interfaces and bridges', () => {
    const output = [
      table(
        [['uuid', 'u1'], 'av1', 'access', 100, none, ids],
        [['uuid', 'u2'], 'av2', 'trunk', none, ['set', [10, 11]], map({ network: 'vlan100' })],
        [['uuid', 'u3'], 'av3', none, none, 7, map({})],
      ),
      table(['av1', 5, none], ['av2', -1, 'No such device'], ['other', 7, none]),
      table(
        ['br-other', ['uuid', 'u9']],
        [
          'br0',
          [
            'set',
            [
              ['uuid', 'u1'],
              ['uuid', 'u2'],
            ],
          ],
        ],
      ),
    ].join('\n');
    const nobody = Object.fromEntries(Object.keys(owner).map((key) => [key, '']));
    expect(parsePorts(output)).toStrictEqual([
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
    expect(parsePorts([table(), table(), table()].join('\n'))).toStrictEqual([]);
  });

  it.each(['', 'ovs-vsctl: something', '{"data": 5}', '[]'])('%j is no table', (output) => {
    expect(failureOf(() => parsePorts(output))).toBe('unavailable: ovs-vsctl printed something that is no table');
  });
});

it('asks for the ports of ours only, by name or by network', () => {
  expect(findPortCommands({ name: 'av1' })).toContain('name=av1');
  expect(findPortCommands({ network: 'a.b' })).toContain('external_ids:network="a.b"');
  for (const wanted of [{ name: 'av1' }, { network: 'n' }]) {
    expect(findPortCommands(wanted)).toContain('external_ids:antrea-cni=container');
  }
});

import { expect, it } from 'vitest';
import { readBridges } from '../../../src/net/ovs/bridges.ts';

it('reads bridges with their ports, whether sets have none, one or more elements', () => {
  const tables = {
    bridges: [
      {
        _uuid: ['uuid', 'b1'],
        name: 'br1',
        external_ids: ['map', [['antrea-cni', 'secondary-bridge']]],
        mcast_snooping_enable: true,
        ports: [
          'set',
          [
            ['uuid', 'p1'],
            ['uuid', 'p2'],
          ],
        ],
      },
      {
        _uuid: ['uuid', 'b2'],
        name: 'br2',
        external_ids: ['map', []],
        mcast_snooping_enable: false,
        ports: ['uuid', 'p3'],
      },
      { _uuid: ['uuid', 'b3'], name: 'br3', external_ids: ['map', []], ports: ['set', []] },
    ],
    ports: [
      {
        _uuid: ['uuid', 'p1'],
        name: 'eth1',
        external_ids: ['map', [['antrea-cni', 'uplink']]],
        trunks: ['set', [1, 2]],
        interfaces: ['uuid', 'i1'],
      },
      {
        _uuid: ['uuid', 'p2'],
        name: 'br1',
        external_ids: ['map', []],
        trunks: ['set', []],
        interfaces: ['uuid', 'i2'],
      },
      { _uuid: ['uuid', 'p3'], name: 'x', external_ids: ['map', []], trunks: 7, interfaces: ['uuid', 'none'] },
    ],
    interfaces: [
      { _uuid: ['uuid', 'i1'], type: '', ofport: 3, error: ['set', []] },
      { _uuid: ['uuid', 'i2'], type: 'internal', ofport: ['set', []], error: 'no such device' },
    ],
  };
  const [one, two, three] = readBridges(tables);
  expect(one).toEqual({
    uuid: 'b1',
    name: 'br1',
    ours: true,
    draining: false,
    multicastSnooping: true,
    ports: [
      { uuid: 'p1', name: 'eth1', role: 'uplink', type: '', trunks: [1, 2], ofport: 3, error: '' },
      { uuid: 'p2', name: 'br1', role: '', type: 'internal', trunks: [], ofport: undefined, error: 'no such device' },
    ],
  });
  expect(two).toMatchObject({ ours: false, ports: [{ name: 'x', trunks: [7] }] });
  expect(three).toMatchObject({ ours: false, multicastSnooping: false, ports: [] });
});

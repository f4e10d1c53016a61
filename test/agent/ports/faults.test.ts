import { describe, expect, it } from 'vitest';
import { correctionOf, faultsOf, type Present } from '../../../src/agent/ports/faults.ts';
import { wantedOf, type WantedAttachment } from '../../../src/agent/ports/wanted.ts';
import { externalIDs } from '../../../src/net/ovs/ports.ts';
import { readAttachedPorts } from '../../../src/net/ovs/socket/attached-ports.ts';
import { hostInterfaceName } from '../../../src/system/attachment-id.ts';
import type { JournalEntry, JournalPort } from '../../../src/system/journal.ts';

const id = { containerID: 'c1', ifname: 'net1' };
const name = hostInterfaceName(id);
const port: JournalPort = {
  bridge: 'br',
  vlans: { mode: 'native-untagged', tag: 7, trunks: [8, 9] },
  mtu: 1500,
  podNamespace: 'shop',
  podName: 'web-0',
  mac: '02:00:00:00:00:01',
  addresses: '10.0.0.5',
};
const entry: JournalEntry = {
  ...id,
  network: 'vlan',
  netns: '/run/netns/x',
  hostInterface: name,
  pools: [],
  addresses: [],
  confirmed: true,
  port,
};

function wanted(): WantedAttachment {
  const one = wantedOf(entry);
  if (one === undefined) throw new Error('it is to be wanted');
  return one;
}

interface Row {
  readonly bridge?: string;
  readonly columns?: object;
  readonly ids?: Readonly<Record<string, string>>;
  readonly link?: { readonly mtu: number; readonly up: boolean };
}

/** Bridges br and br-other, with one port. */
function present({ bridge = 'br', columns = {}, ids = {}, link = { mtu: 1500, up: true } }: Row): Present {
  const owner = { ...externalIDs(wanted().port.owner), ...ids };
  const row = { _uuid: ['uuid', 'p'], name, vlan_mode: 'native-untagged', tag: 7, trunks: ['set', [8, 9]] };
  const bridges = ['br', 'br-other'].map((one) => ({
    _uuid: ['uuid', one],
    name: one,
    ports: one === bridge ? ['uuid', 'p'] : ['set', []],
  }));
  const ports = [{ ...row, external_ids: ['map', Object.entries(owner)], ...columns }];
  return { ...readAttachedPorts([bridges, ports]), links: new Map([[name, link]]) };
}

describe('a port', () => {
  it.each<[string, Row, readonly string[]]>([
    ['as it was made', {}, []],
    ['with an external_id of others', { ids: { other: 'x' } }, []],
    ['on another bridge', { bridge: 'br-other' }, ['bridge']],
    ['with another tag', { columns: { tag: 8 } }, ['vlans']],
    ['without trunks', { columns: { trunks: ['set', []] } }, ['vlans']],
    ['of another mode', { columns: { vlan_mode: ['set', []] } }, ['vlans']],
    ['of another Pod', { ids: { 'pod-name': 'web-1' } }, ['external_ids']],
    ['without our marker', { ids: { 'antrea-cni': '' } }, ['external_ids']],
    ['whose link is down', { link: { mtu: 1500, up: false } }, ['link']],
    [
      'with all of it',
      { bridge: 'br-other', columns: { tag: 1, external_ids: ['map', []] }, link: { mtu: 900, up: true } },
      ['bridge', 'vlans', 'external_ids', 'link'],
    ],
  ])('%s', (_, row, faults) => {
    expect(faultsOf(wanted(), present(row))).toEqual(faults);
  });

  it('that is not there is made, if its link is', () => {
    const nothing: Present = { ...present({}), ports: new Map() };
    expect(faultsOf(wanted(), nothing)).toEqual(['missing']);
    expect(faultsOf(wanted(), { ...nothing, links: new Map() })).toEqual([]);
    expect(correctionOf(wanted(), nothing, 0)).toMatchObject([
      { op: 'insert', table: 'Interface', row: { name } },
      { op: 'insert', table: 'Port', row: { name, tag: 7, trunks: ['set', [8, 9]] } },
      { op: 'mutate', table: 'Bridge', where: [['_uuid', '==', ['uuid', 'br']]] },
    ]);
    expect(correctionOf(wanted(), { ...nothing, bridges: new Map() }, 0)).toEqual([]);
  });
});

describe('what the journal has', () => {
  it.each<[string, Partial<JournalEntry>]>([
    ['addresses only', { hostInterface: '', port: undefined }],
    ['an entry of before, or of what is taken away', { port: undefined }],
    ['a foreign name', { hostInterface: 'eth0' }],
    ['a mode that there is not', { port: { ...port, vlans: { mode: 'dot1q-tunnel', tag: 7 } } }],
    ['a tag that there is not', { port: { ...port, vlans: { mode: 'access', tag: 4095 } } }],
  ])('asks for no port: %s', (_, more) => {
    expect(wantedOf({ ...entry, ...more })).toBeUndefined();
  });
});

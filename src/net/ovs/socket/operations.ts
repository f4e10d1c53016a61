import type { PortVlans } from '../../port-config.ts';
import type { NewPort, WantedPorts } from '../driver.ts';
import { externalIDs, interfaceColumns, marker, bridgeColumns, ownerKey, portColumns } from '../ports.ts';

/** Operations of one transaction (RFC 7047, section 5.2), and which of them is about what, by index. */
export interface Addition {
  readonly operations: readonly object[];
  readonly bridge: number;
  readonly link: number;
}

/** A port of one interface, on a bridge that must be there. */
export function additionOf({ name, bridge, vlans, owner }: NewPort): Addition {
  const row = { name, interfaces: named('link'), ...vlanColumns(vlans), external_ids: map(externalIDs(owner)) };
  const columns = ['name'];
  return {
    operations: [
      { op: 'wait', ...bridgeCalled(bridge), columns, until: '==', rows: [{ name: bridge }], timeout: 0 },
      { op: 'insert', table: 'Interface', row: { name }, 'uuid-name': 'link' },
      { op: 'insert', table: 'Port', row, 'uuid-name': 'port' },
      { op: 'mutate', ...bridgeCalled(bridge), mutations: [['ports', 'insert', named('port')]] },
    ],
    bridge: 0,
    link: 1,
  };
}

/** Answered when ovs-vswitchd has given the interface a port number, or an error (ovs-vswitchd.conf.db(5), Interface). */
export function refusal(uuid: unknown): readonly object[] {
  const of = { table: 'Interface', where: [['_uuid', '==', uuid]] };
  return [
    { op: 'wait', ...of, columns: ['ofport'], until: '!=', rows: [{ ofport: ['set', []] }] },
    { op: 'select', ...of, columns: ['error'] },
  ];
}

export function uuidOfPort(name: string): object {
  return { op: 'select', table: 'Port', where: [['name', '==', name]], columns: ['_uuid'] };
}

/** Takes the port from its bridge; what no bridge has, ovsdb-server removes. */
export function removalOf(uuid: unknown): object {
  const mutations = [['ports', 'delete', uuid]];
  return { op: 'mutate', table: 'Bridge', where: [['ports', 'includes', uuid]], mutations };
}

export function bridgeNamed(name: string): object {
  return { op: 'select', ...bridgeCalled(name), columns: ['name'] };
}

/** What readPorts() reads: rows of Port, Interface and Bridge. */
export function portsWanted(wanted: WantedPorts): readonly object[] {
  const byName = 'name' in wanted ? [['name', '==', wanted.name]] : [];
  const byNetwork = 'name' in wanted ? [] : [includes({ [ownerKey('network')]: wanted.network })];
  return [
    { op: 'select', table: 'Port', where: [includes(marker), ...byName, ...byNetwork], columns: portColumns },
    { op: 'select', table: 'Interface', where: byName, columns: interfaceColumns },
    { op: 'select', table: 'Bridge', where: [], columns: bridgeColumns },
  ];
}

function bridgeCalled(name: string): object {
  return { table: 'Bridge', where: [['name', '==', name]] };
}

function includes(ids: Readonly<Record<string, string>>): readonly unknown[] {
  return ['external_ids', 'includes', map(ids)];
}

function vlanColumns(vlans: PortVlans): object {
  return {
    vlan_mode: vlans.mode,
    ...('tag' in vlans && { tag: vlans.tag }),
    ...('trunks' in vlans && { trunks: ['set', vlans.trunks] }),
  };
}

function named(name: string): readonly [string, string] {
  return ['named-uuid', name];
}

function map(entries: Readonly<Record<string, string>>): readonly [string, readonly (readonly [string, string])[]] {
  return ['map', Object.entries(entries)];
}

import type { PortVlans } from '../../port-config.ts';
import type { NewPort, WantedPorts } from '../driver.ts';
import {
  bridgeColumns,
  drainingMarker,
  externalIDs,
  interfaceColumns,
  marker,
  ownerKey,
  portColumns,
} from '../ports.ts';

/** Operations of one transaction (RFC 7047, section 5.2). */
export type Operations = readonly object[];

/** How many operations add one port. */
const perPort = 4;

/** Ports of one interface each, on bridges that must be there, and stay. */
export function additionOf(ports: readonly NewPort[]): Operations {
  return ports.flatMap(({ name, bridge, vlans, owner }, index) => {
    const [link, port] = [named(`link${index}`), named(`port${index}`)];
    const row = { name, interfaces: link, ...vlanColumns(vlans), external_ids: map(externalIDs(owner)) };
    const there = { columns: ['name'], until: '==', rows: [{ name: bridge }] };
    return [
      { op: 'wait', ...bridgeCalled(bridge, staying), ...there, timeout: 0 },
      { op: 'insert', table: 'Interface', row: { name }, 'uuid-name': link[1] },
      { op: 'insert', table: 'Port', row, 'uuid-name': port[1] },
      { op: 'mutate', ...bridgeCalled(bridge), mutations: [['ports', 'insert', port]] },
    ];
  });
}

/** Of an addition's operations, those that insert an interface: one a port, in the order of the ports. */
export function insertedLinks<T>(results: readonly T[]): readonly T[] {
  return results.filter((_, index) => index % perPort === 1);
}

const staying = ['external_ids', 'excludes', map(drainingMarker)];

/** The port whose bridge an addition has not found, or found to be going, by the operation that failed. */
export function withoutBridge(ports: readonly NewPort[], operation: number): NewPort | undefined {
  return operation % perPort === 0 ? ports[operation / perPort] : undefined;
}

/** Waits until ovs-vswitchd has given each interface a port number, or an error (ovs-vswitchd.conf.db(5), Interface). */
export function takenBy(uuids: readonly unknown[]): Operations {
  return uuids.map((uuid) => {
    const until = { until: '!=', rows: [{ ofport: ['set', []] }] };
    return { op: 'wait', table: 'Interface', where: isRow(uuid), columns: ['ofport'], ...until };
  });
}

export function errorsOf(uuids: readonly unknown[]): Operations {
  return uuids.map((uuid) => ({ op: 'select', table: 'Interface', where: isRow(uuid), columns: ['error'] }));
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
  return { op: 'select', ...bridgeCalled(name), columns: ['name', 'external_ids'] };
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

function bridgeCalled(name: string, ...more: readonly unknown[]): object {
  return { table: 'Bridge', where: [['name', '==', name], ...more] };
}

function isRow(uuid: unknown): readonly unknown[] {
  return [['_uuid', '==', uuid]];
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

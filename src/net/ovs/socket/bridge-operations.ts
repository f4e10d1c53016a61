import { drainingMarker } from '../ports.ts';
import { bridgeMarker, hostRole, markerKey, uplinkRole, type BridgeFacts, type BridgePort } from '../bridges.ts';
import type { Operations } from './operations.ts';

export interface NewBridge {
  readonly name: string;
  /** `system`, or `netdev` for the datapath in user space. */
  readonly datapathType: string;
  readonly multicastSnooping: boolean;
}

/** A bridge that switches by itself, as it has no controller, with its local port; refused when there is one of that name. */
export function bridgeCreation({ name, datapathType, multicastSnooping }: NewBridge): Operations {
  const row = {
    name,
    datapath_type: datapathType,
    protocols: ['set', ['OpenFlow10', 'OpenFlow15']],
    mcast_snooping_enable: multicastSnooping,
    external_ids: marked(bridgeMarker),
    ports: ['named-uuid', 'local'],
  };
  return [
    { op: 'insert', table: 'Interface', row: { name, type: 'internal' }, 'uuid-name': 'localLink' },
    { op: 'insert', table: 'Port', row: { name, interfaces: ['named-uuid', 'localLink'] }, 'uuid-name': 'local' },
    { op: 'insert', table: 'Bridge', row, 'uuid-name': 'bridge' },
    { op: 'mutate', table: 'Open_vSwitch', where: [], mutations: [['bridges', 'insert', ['named-uuid', 'bridge']]] },
  ];
}

/** Marks it as ours, and as one that stays, and sets what is ours to set. */
export function bridgeUpdate({ uuid }: BridgeFacts, wanted: Pick<NewBridge, 'multicastSnooping'>): Operations {
  const where = isRow(uuid);
  return [
    { op: 'update', table: 'Bridge', where, row: { mcast_snooping_enable: wanted.multicastSnooping } },
    {
      op: 'mutate',
      table: 'Bridge',
      where,
      mutations: [
        ['external_ids', 'insert', marked(bridgeMarker)],
        ['external_ids', 'delete', draining],
      ],
    },
  ];
}

/** From then on the plugin attaches nothing new to it. */
export function bridgeDraining({ uuid }: BridgeFacts): Operations {
  return [{ op: 'mutate', table: 'Bridge', where: isRow(uuid), mutations: [['external_ids', 'insert', draining]] }];
}

/** Leaves it to others. */
export function bridgeUnmarking({ uuid }: BridgeFacts): Operations {
  const mutations = [
    ['external_ids', 'delete', marked(bridgeMarker)],
    ['external_ids', 'delete', draining],
  ];
  return [{ op: 'mutate', table: 'Bridge', where: isRow(uuid), mutations }];
}

const draining = ['map', Object.entries(drainingMarker)] as const;

/** Refused when the bridge has got a port meanwhile. */
export function bridgeDeletion({ uuid, ports }: BridgeFacts): Operations {
  const same = {
    columns: ['ports'],
    until: '==',
    rows: [{ ports: ['set', ports.map((port) => ['uuid', port.uuid])] }],
  };
  return [
    { op: 'wait', table: 'Bridge', where: isRow(uuid), ...same, timeout: 0 },
    { op: 'mutate', table: 'Open_vSwitch', where: [], mutations: [['bridges', 'delete', ['uuid', uuid]]] },
  ];
}

export interface NewUplink {
  /** Of a network interface of the Node. */
  readonly name: string;
  /** VLANs that it carries; none: all. */
  readonly trunks: readonly number[];
}

/** @param nth of several additions in one transaction */
export function uplinkAddition({ uuid }: BridgeFacts, { name, trunks }: NewUplink, nth = 0): Operations {
  return portAddition(uuid, {
    key: `uplink${nth}`,
    link: { name },
    port: { ...trunkColumn(trunks), ...ids(uplinkRole) },
  });
}

export interface NewHostPort {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
}

/** The interface that the Node itself has on the bridge. */
export function hostPortAddition({ uuid }: BridgeFacts, { name, mac, mtu }: NewHostPort): Operations {
  const link = { name, type: 'internal', mac, mtu_request: mtu };
  return portAddition(uuid, { key: 'host', link, port: ids(hostRole) });
}

/** Makes it a port of ours, with these VLANs and none else. */
export function uplinkUpdate({ uuid }: BridgePort, trunks: readonly number[]): Operations {
  const where = isRow(uuid);
  return [
    { op: 'update', table: 'Port', where, row: { trunks: ['set', trunks] } },
    { op: 'mutate', table: 'Port', where, mutations: [['external_ids', 'insert', marked(uplinkRole)]] },
  ];
}

/** Takes ports from their bridge; what no bridge has, ovsdb-server removes. */
export function portRemoval({ uuid }: BridgeFacts, ports: readonly BridgePort[]): Operations {
  const mutations = [['ports', 'delete', ['set', ports.map((port) => ['uuid', port.uuid])]]];
  return [{ op: 'mutate', table: 'Bridge', where: isRow(uuid), mutations }];
}

interface Addition {
  /** Distinguishes the additions of one transaction. */
  readonly key: string;
  readonly link: { readonly name: string };
  readonly port: object;
}

function portAddition(bridge: string, { key, link, port }: Addition): Operations {
  const row = { name: link.name, interfaces: ['named-uuid', `${key}Link`], ...port };
  const mutations = [['ports', 'insert', ['named-uuid', `${key}Port`]]];
  return [
    { op: 'insert', table: 'Interface', row: link, 'uuid-name': `${key}Link` },
    { op: 'insert', table: 'Port', row, 'uuid-name': `${key}Port` },
    { op: 'mutate', table: 'Bridge', where: isRow(bridge), mutations },
  ];
}

function trunkColumn(trunks: readonly number[]): object {
  return trunks.length === 0 ? {} : { trunks: ['set', trunks] };
}

function ids(role: string): object {
  return { external_ids: marked(role) };
}

function marked(value: string): readonly unknown[] {
  return ['map', [[markerKey, value]]];
}

function isRow(uuid: string): readonly unknown[] {
  return [['_uuid', '==', ['uuid', uuid]]];
}

import type { PortVlans } from '../../port-config.ts';
import { bridgeFactColumns, containerRole, readBridges, type BridgeFacts } from '../bridges.ts';
import { externalIDs, marker, ownerKey, portColumns, readPorts, type FoundPort, type PortOwner } from '../ports.ts';
import type { JsonObject } from '../../../system/json-object.ts';
import type { Operations } from './operations.ts';

/** A port as it has to be. */
export interface WantedPort {
  readonly name: string;
  readonly vlans: PortVlans;
  readonly owner: PortOwner;
}

export interface AttachedPort extends Omit<FoundPort, 'ofport' | 'error'> {
  readonly uuid: string;
  /** Whether external_ids say that it is a Pod's. */
  readonly marked: boolean;
}

export interface AttachedPorts {
  /** By name. */
  readonly bridges: ReadonlyMap<string, BridgeFacts>;
  /** Of whatever role, by name. */
  readonly ports: ReadonlyMap<string, AttachedPort>;
}

export const portsWithBridges: Operations = [
  { op: 'select', table: 'Bridge', where: [], columns: bridgeFactColumns },
  { op: 'select', table: 'Port', where: [], columns: [...portColumns, 'interfaces'] },
];

/** @param tables rows of Bridge and Port, as portsWithBridges asks for them */
export function readAttachedPorts(tables: readonly (readonly JsonObject[])[]): AttachedPorts {
  const [bridges = [], ports = []] = tables;
  const known = readBridges({ bridges, ports, interfaces: [] });
  const places = new Map(
    known.flatMap((bridge) => bridge.ports.map(({ name, uuid, role }) => [name, { uuid, role, bridge: bridge.name }])),
  );
  return {
    bridges: new Map(known.map((bridge) => [bridge.name, bridge])),
    ports: new Map(
      readPorts({ ports, bridges: [], interfaces: [] }).map((port) => {
        const { uuid = '', role = '', bridge } = places.get(port.name) ?? {};
        return [port.name, { ...port, uuid, bridge, marked: role === containerRole }];
      }),
    ),
  };
}

/** @param nth of several additions in one transaction */
export function attachedPortAddition({ name, vlans, owner }: WantedPort, bridge: BridgeFacts, nth: number): Operations {
  const row = {
    name,
    interfaces: ['named-uuid', `pod${nth}Link`],
    ...vlanColumns(vlans),
    external_ids: map(externalIDs(owner)),
  };
  return [
    { op: 'insert', table: 'Interface', row: { name }, 'uuid-name': `pod${nth}Link` },
    { op: 'insert', table: 'Port', row, 'uuid-name': `pod${nth}Port` },
    insertion(bridge, ['named-uuid', `pod${nth}Port`]),
  ];
}

/** Sets what is ours; what others have written into external_ids stays. */
export function attachedPortCorrection({ uuid }: AttachedPort, { vlans, owner }: WantedPort): Operations {
  const where = [['_uuid', '==', ['uuid', uuid]]];
  const mutations = [
    ['external_ids', 'delete', ['set', ownKeys]],
    ['external_ids', 'insert', map(externalIDs(owner))],
  ];
  return [
    { op: 'update', table: 'Port', where, row: vlanColumns(vlans) },
    { op: 'mutate', table: 'Port', where, mutations },
  ];
}

/** Takes the port from the bridge that it is on to this one. */
export function attachedPortMove({ uuid }: AttachedPort, to: BridgeFacts): Operations {
  const where = [['ports', 'includes', ['uuid', uuid]]];
  return [
    { op: 'mutate', table: 'Bridge', where, mutations: [['ports', 'delete', ['uuid', uuid]]] },
    insertion(to, ['uuid', uuid]),
  ];
}

const facts = ['containerID', 'ifname', 'network', 'podNamespace', 'podName', 'netns', 'mac', 'addresses'] as const;
const ownKeys: readonly string[] = [...Object.keys(marker), ...facts.map(ownerKey)];

function insertion({ uuid }: BridgeFacts, port: readonly [string, string]): object {
  const mutations = [['ports', 'insert', port]];
  return { op: 'mutate', table: 'Bridge', where: [['_uuid', '==', ['uuid', uuid]]], mutations };
}

/** All of them: what is not wanted is emptied. */
function vlanColumns(vlans: PortVlans): object {
  return {
    vlan_mode: vlans.mode,
    tag: 'tag' in vlans ? vlans.tag : ['set', []],
    trunks: ['set', 'trunks' in vlans ? vlans.trunks : []],
  };
}

function map(entries: Readonly<Record<string, string>>): readonly unknown[] {
  return ['map', Object.entries(entries)];
}

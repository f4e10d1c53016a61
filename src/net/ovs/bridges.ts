import type { JsonObject } from '../../system/json-object.ts';
import { drainingMarker, firstText, isList, valueIn } from './ports.ts';

/** A bridge as the database has it. */
export interface BridgeFacts {
  readonly uuid: string;
  readonly name: string;
  /** Whether it is marked as the secondary bridge of this Node. */
  readonly ours: boolean;
  /** Whether it is marked as one that is to go. */
  readonly draining: boolean;
  readonly multicastSnooping: boolean;
  readonly ports: readonly BridgePort[];
}

export interface BridgePort {
  readonly uuid: string;
  readonly name: string;
  /** Value of the marker: `container`, `uplink`, `host`; empty for a port that is not ours. */
  readonly role: string;
  /** Type of its interface: `internal`, `system`; empty is `system`, too. */
  readonly type: string;
  /** VLANs that it carries; none: all. */
  readonly trunks: readonly number[];
  /** OpenFlow port number; undefined or negative while vswitchd has not taken the interface. */
  readonly ofport: number | undefined;
  /** What vswitchd says is wrong with the interface; empty when nothing is. */
  readonly error: string;
}

/** Key of what says in external_ids whose a bridge or a port is. Antrea's own keys are not used: its agent deletes what it does not know. */
export const markerKey = 'antrea-cni';
export const bridgeMarker = 'secondary-bridge';
export const uplinkRole = 'uplink';
export const hostRole = 'host';
export const containerRole = 'container';

/** Columns that readBridges() reads. */
export const bridgeFactColumns = ['_uuid', 'name', 'external_ids', 'mcast_snooping_enable', 'ports'] as const;
export const portFactColumns = ['_uuid', 'name', 'external_ids', 'trunks', 'interfaces'] as const;
export const interfaceFactColumns = ['_uuid', 'type', 'ofport', 'error'] as const;

export interface BridgeTables {
  readonly bridges: readonly JsonObject[];
  readonly ports: readonly JsonObject[];
  readonly interfaces: readonly JsonObject[];
}

/** Rows in the notation of OVSDB (RFC 7047, section 5.1). */
export function readBridges({ bridges, ports, interfaces }: BridgeTables): readonly BridgeFacts[] {
  const links = new Map(interfaces.map((row) => [firstText(row['_uuid']), row]));
  const known = new Map(ports.map((row) => [firstText(row['_uuid']), portFacts(row, links)]));
  return bridges.map((row) => ({
    uuid: firstText(row['_uuid']),
    name: firstText(row['name']),
    ours: valueIn(row['external_ids'], markerKey) === bridgeMarker,
    draining: Object.keys(drainingMarker).every((key) => valueIn(row['external_ids'], key) !== ''),
    multicastSnooping: row['mcast_snooping_enable'] === true,
    ports: setOf(row['ports']).flatMap((uuid) => known.get(firstText(uuid)) ?? []),
  }));
}

function portFacts(row: JsonObject, links: ReadonlyMap<string, JsonObject>): BridgePort {
  const link = links.get(firstText(row['interfaces'])) ?? {};
  const ofport = setOf(link['ofport'])[0];
  return {
    uuid: firstText(row['_uuid']),
    name: firstText(row['name']),
    role: valueIn(row['external_ids'], markerKey),
    type: firstText(link['type']),
    trunks: setOf(row['trunks']).map(Number),
    ofport: typeof ofport === 'number' ? ofport : undefined,
    error: firstText(link['error']),
  };
}

/** The elements of a set, which OVSDB writes bare when there is just one. */
function setOf(value: unknown): readonly unknown[] {
  if (!isList(value)) return value === undefined ? [] : [value];
  const [kind, content] = value;
  return kind === 'set' && Array.isArray(content) ? content : [value];
}

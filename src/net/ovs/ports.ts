import type { JsonObject } from '../../system/json-object.ts';

/** Which attachment a port belongs to; absent facts are empty. Its home is the Port's external_ids. */
export interface PortOwner {
  readonly containerID: string;
  readonly ifname: string;
  readonly network: string;
  readonly podNamespace: string;
  readonly podName: string;
  readonly netns: string;
  readonly mac: string;
  /** Comma-separated, without prefix lengths. */
  readonly addresses: string;
}

/** A port as the database has it. */
export interface FoundPort {
  readonly name: string;
  /** undefined: on no bridge. */
  readonly bridge: string | undefined;
  readonly vlanMode: string;
  readonly tag: number | undefined;
  readonly trunks: readonly number[];
  readonly owner: PortOwner;
  /** OpenFlow port number; undefined or negative while vswitchd has not taken the interface. */
  readonly ofport: number | undefined;
  /** What vswitchd says is wrong with the interface; empty when nothing is. */
  readonly error: string;
}

/** Antrea's own keys are not among them: its agent deletes ports whose keys it does not know. */
const ownerKeys = {
  containerID: 'container-id',
  ifname: 'if-dev',
  network: 'network',
  podNamespace: 'pod-namespace',
  podName: 'pod-name',
  netns: 'net-ns',
  mac: 'attached-mac',
  addresses: 'ip-address',
} as const satisfies Record<keyof PortOwner, string>;

/** In the external_ids of every port of ours. */
export const marker = { 'antrea-cni': 'container' } as const;

/** In the external_ids of a bridge that is to go: nothing new is attached to it. */
export const drainingMarker = { 'antrea-cni-draining': 'true' } as const;

/** What readPorts() reads of each table. */
export const portColumns = ['_uuid', 'name', 'vlan_mode', 'tag', 'trunks', 'external_ids'] as const;
export const interfaceColumns = ['name', 'ofport', 'error'] as const;
export const bridgeColumns = ['name', 'ports'] as const;

export function ownerKey(fact: keyof PortOwner): string {
  return ownerKeys[fact];
}

/** The external_ids of a port of ours. */
export function externalIDs(owner: PortOwner): Readonly<Record<string, string>> {
  const facts = keysOf(ownerKeys).filter((fact) => owner[fact] !== '');
  return { ...marker, ...Object.fromEntries(facts.map((fact) => [ownerKeys[fact], owner[fact]])) };
}

export interface PortTables {
  readonly ports: readonly JsonObject[];
  readonly interfaces: readonly JsonObject[];
  readonly bridges: readonly JsonObject[];
}

/** Rows in the notation of OVSDB (RFC 7047, section 5.1). */
export function readPorts({ ports, interfaces, bridges }: PortTables): readonly FoundPort[] {
  return ports.map((row) => {
    const name = firstText(row['name']);
    const bridge = bridges.find((candidate) => atoms(candidate['ports']).includes(firstText(row['_uuid'])));
    const link = interfaces.find((candidate) => firstText(candidate['name']) === name);
    return {
      name,
      bridge: bridge && firstText(bridge['name']),
      vlanMode: firstText(row['vlan_mode']),
      tag: number(row['tag']),
      trunks: atoms(row['trunks']).map(Number),
      owner: readOwner(row['external_ids']),
      ofport: number(link?.['ofport']),
      error: firstText(link?.['error']),
    };
  });
}

/** The atoms of a set, which OVSDB writes bare when there is just one; a UUID is an atom of two parts. */
function atoms(value: unknown): readonly string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (!isList(value)) return [];
  const [kind, content] = value;
  if (kind === 'uuid') return atoms(content);
  return isList(content) ? content.flatMap(atoms) : [];
}

/** Of a column that has at most one; empty when it has none. */
export function firstText(value: unknown): string {
  return atoms(value)[0] ?? '';
}

function number(value: unknown): number | undefined {
  const atom = atoms(value)[0];
  return atom === undefined ? undefined : Number(atom);
}

/** @param ids external_ids of a bridge */
export function isDraining(ids: unknown): boolean {
  return Object.entries(drainingMarker).every(([key, value]) => valueIn(ids, key) === value);
}

function readOwner(ids: unknown): PortOwner {
  const value = (fact: keyof PortOwner): string => valueIn(ids, ownerKeys[fact]);
  return {
    containerID: value('containerID'),
    ifname: value('ifname'),
    network: value('network'),
    podNamespace: value('podNamespace'),
    podName: value('podName'),
    netns: value('netns'),
    mac: value('mac'),
    addresses: value('addresses'),
  };
}

/** Of a map; empty when it has no such key. */
export function valueIn(map: unknown, wanted: string): string {
  const pairs = isList(map) && isList(map[1]) ? map[1].filter(isList) : [];
  return firstText(pairs.find(([key]) => key === wanted)?.[1]);
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** Object.keys() with the type that the object has. */
function keysOf<T extends object>(value: T): (keyof T)[];
function keysOf(value: object): string[] {
  return Object.keys(value);
}

import { isJsonObject } from '../config/json.ts';
import { Failure } from '../system/failure.ts';
import type { PortVlans } from './port-config.ts';

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
const ownerKeys = [
  ['containerID', 'container-id'],
  ['ifname', 'if-dev'],
  ['network', 'network'],
  ['podNamespace', 'pod-namespace'],
  ['podName', 'pod-name'],
  ['netns', 'net-ns'],
  ['mac', 'attached-mac'],
  ['addresses', 'ip-address'],
] as const satisfies readonly (readonly [keyof PortOwner, string])[];

const marker = 'external_ids:antrea-cni=container';

/** Columns of a new Port record, as `ovs-vsctl add-port` takes them. */
export function portColumns(vlans: PortVlans, owner: PortOwner): readonly string[] {
  return [
    `vlan_mode=${vlans.mode}`,
    ...('tag' in vlans ? [`tag=${vlans.tag}`] : []),
    ...('trunks' in vlans ? [`trunks=${vlans.trunks.join(',')}`] : []),
    marker,
    ...ownerKeys
      .filter(([key]) => owner[key] !== '')
      .map(([key, id]) => `external_ids:${id}=${JSON.stringify(owner[key])}`),
  ];
}

/** Commands whose output parsePorts() reads. */
export function findPortCommands(wanted: { readonly name: string } | { readonly network: string }): readonly string[] {
  const condition = 'name' in wanted ? `name=${wanted.name}` : `external_ids:network=${JSON.stringify(wanted.network)}`;
  const interfaces = 'name' in wanted ? ['find', 'Interface', condition] : ['list', 'Interface'];
  const ports = [
    '--format=json',
    '--columns=_uuid,name,vlan_mode,tag,trunks,external_ids',
    'find',
    'Port',
    marker,
    condition,
  ];
  return [...ports, '--', '--columns=name,ofport,error', ...interfaces, '--', '--columns=name,ports', 'list', 'Bridge'];
}

/** @throws Failure `unavailable` when the output is not what findPortCommands() asks for */
export function parsePorts(output: string): readonly FoundPort[] {
  const [ports = [], interfaces = [], bridges = []] = output.split('\n').map(parseTable);
  return ports.map((row) => {
    const [uuid, name, vlanMode, tag, trunks, ids] = row;
    const port = { name: text(name), bridge: bridges.find((bridge) => atoms(bridge[1]).includes(text(uuid))) };
    const link = interfaces.find((candidate) => text(candidate[0]) === port.name);
    return {
      name: port.name,
      bridge: port.bridge && text(port.bridge[0]),
      vlanMode: text(vlanMode),
      tag: number(tag),
      trunks: atoms(trunks).map(Number),
      owner: readOwner(ids),
      ofport: number(link?.[1]),
      error: text(link?.[2]),
    };
  });
}

/** The rows of one table in OVSDB's JSON (RFC 7047, section 5.1). */
function parseTable(line: string): readonly (readonly unknown[])[] {
  const table = parseJson(line);
  if (isJsonObject(table) && Array.isArray(table['data'])) return table['data'].filter((row) => Array.isArray(row));
  throw new Failure('unavailable', 'ovs-vsctl printed something that is no table', { details: line.slice(0, 200) });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The atoms of a set, which OVSDB writes bare when there is just one; a UUID is an atom of two parts. */
function atoms(value: unknown): readonly string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (!isList(value)) return [];
  const [kind, content] = value;
  if (kind === 'uuid') return atoms(content);
  return isList(content) ? content.flatMap(atoms) : [];
}

function text(value: unknown): string {
  return atoms(value)[0] ?? '';
}

function number(value: unknown): number | undefined {
  const atom = atoms(value)[0];
  return atom === undefined ? undefined : Number(atom);
}

function readOwner(ids: unknown): PortOwner {
  const pairs = isList(ids) && isList(ids[1]) ? ids[1].filter(isList) : [];
  const value = (id: string): string => text(pairs.find(([key]) => key === id)?.[1]);
  return {
    containerID: value('container-id'),
    ifname: value('if-dev'),
    network: value('network'),
    podNamespace: value('pod-namespace'),
    podName: value('pod-name'),
    netns: value('net-ns'),
    mac: value('attached-mac'),
    addresses: value('ip-address'),
  };
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

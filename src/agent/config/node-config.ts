import { parseVlans } from '../../config/vlans.ts';
import { fieldOf, isAbsent, itemsOf, objectOf, textOf, type Field, type JsonObject } from '../../ipam/manifest.ts';
import { readSelector } from '../../ipam/selector.ts';
import { selects } from '../../ipam/selector-match.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { BridgeSettings, InterfaceSettings } from './settings.ts';

/** What the AntreaNodeConfig objects of a cluster come to for one Node. */
export interface NodeConfigChoice {
  /** Of the object that counts; undefined: none selects this Node. */
  readonly name: string | undefined;
  /** undefined: it wants none. */
  readonly bridge: BridgeSettings | undefined;
  /** Why the object that counts cannot be followed; then `bridge` says nothing. */
  readonly broken: string | undefined;
  /** Objects that are not as they should be, and why. */
  readonly problems: readonly string[];
}

/**
 * Of the objects that select the Node, the oldest counts, and of equally old ones the first by name; even if it describes
 * no bridge. One whose selector cannot be read selects nothing.
 * @param primaryBridge a bridge of this name counts as none
 */
export function chooseNodeConfig(
  objects: readonly JsonObject[],
  { labels, primaryBridge }: { readonly labels: ReadonlyMap<string, string>; readonly primaryBridge: string },
): NodeConfigChoice {
  const problems: string[] = [];
  const guarded = <T>(name: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problems.push(`AntreaNodeConfig ${name}: ${messageOf(error)}`);
      return undefined;
    }
  };
  const chosen = objects
    .map(identify)
    .filter(({ name, root }) => guarded(name, () => selectsNode(root, labels)) === true)
    .toSorted((a, b) => compare(a.created, b.created) || compare(a.name, b.name))[0];
  if (chosen === undefined) return { name: undefined, bridge: undefined, broken: undefined, problems };
  const { name, root } = chosen;
  const before = problems.length;
  const bridge = guarded(name, () => readBridge(fieldOf(root, 'spec')));
  const broken = problems[before];
  const isPrimary = bridge?.name === primaryBridge;
  if (isPrimary) problems.push(`AntreaNodeConfig ${name}: bridgeName is that of the primary network, ${primaryBridge}`);
  return { name, bridge: isPrimary ? undefined : bridge, broken, problems };
}

interface Identified {
  readonly name: string;
  /** RFC 3339, in UTC: the order of texts is that of times. */
  readonly created: string;
  readonly root: Field;
}

function identify(object: JsonObject): Identified {
  const root = { path: '', value: object };
  const { metadata } = object;
  const facts = typeof metadata === 'object' && metadata !== null ? metadata : {};
  const { name = '', creationTimestamp = '' }: Record<string, unknown> = { ...facts };
  return { name: String(name), created: String(creationTimestamp), root };
}

function selectsNode(root: Field, labels: ReadonlyMap<string, string>): boolean {
  return selects(readSelector(fieldOf(fieldOf(root, 'spec'), 'nodeSelector')), labels);
}

function readBridge(spec: Field): BridgeSettings | undefined {
  const network = fieldOf(spec, 'secondaryNetwork');
  const list = isAbsent(network) ? network : fieldOf(network, 'ovsBridges');
  const [bridge] = isAbsent(list) ? [] : itemsOf(list, 1);
  if (bridge === undefined || fieldOf(bridge, 'bridgeName').value === '') return undefined;
  const interfaces = fieldOf(bridge, 'physicalInterfaces');
  return {
    name: nameOf(fieldOf(bridge, 'bridgeName')),
    interfaces: isAbsent(interfaces) ? [] : itemsOf(interfaces, 8).map(readInterface),
    multicastSnooping: fieldOf(bridge, 'enableMulticastSnooping').value === true,
  };
}

function readInterface(field: Field): InterfaceSettings {
  objectOf(field, 'an object with name');
  const vlans = fieldOf(field, 'allowedVLANs');
  return { name: nameOf(fieldOf(field, 'name')), vlans: isAbsent(vlans) ? undefined : readVlans(vlans) };
}

function nameOf(field: Field): string {
  const expected = 'a name of 1 to 15 letters, digits, ".", "_" and "-"';
  const name = textOf(field, expected);
  if (/^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,14}$/.test(name)) return name;
  throw new Failure('config', `${field.path} is ${JSON.stringify(name)}: expected ${expected}`);
}

/** Each VLAN once, in order. An empty list is no filter: a port that carries nothing is never meant. */
function readVlans(field: Field): readonly number[] | undefined {
  const texts = itemsOf(field, 4095).map((item) => textOf(item, 'a VLAN, as "100" or "200-299"'));
  const ranges = parseVlans(texts, field.path) ?? [];
  const all = new Set(
    ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, at) => first + at)),
  );
  return all.size === 0 ? undefined : [...all].toSorted((a, b) => a - b);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

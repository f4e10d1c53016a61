import { parseForeignJson } from '../system/bounded-json.ts';
import { Failure } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';
import { refuseHostileShapes, refuseOtherCase } from '../system/json-shape.ts';
import { quote } from '../system/quote.ts';
import { readRequests, type SelectionRequests } from './selection-requests.ts';

/** Of a Pod: the networks that it asks for. */
export const networksAnnotation = 'k8s.v1.cni.cncf.io/networks';

/** Of a Pod, for Multus: another network in place of the cluster's own. */
export const defaultNetworkAnnotation = 'v1.multus-cni.io/default-network';

/** One network that a Pod asks for. */
export interface NetworkSelection extends SelectionRequests {
  readonly namespace: string;
  /** Of the NetworkAttachmentDefinition. */
  readonly name: string;
  /** undefined: net1, net2, … in the order of the list. */
  readonly ifname: string | undefined;
  /** Addresses that are asked for, with or without prefix length; checked where they are used. */
  readonly ips: readonly string[];
  readonly mac: string | undefined;
}

/**
 * Reads the annotation in either of its forms: `a, ns/b, c@eth5`, or a JSON list of objects. One bad item makes all of
 * it worthless.
 * @param podNamespace that of items that name none
 * @throws Failure `config` naming the item; `decode` when it is nested without end, or has a known key in another case
 * @see https://github.com/k8snetworkplumbingwg/multi-net-spec/tree/master/v1.3
 */
export function parseNetworks(annotation: string, podNamespace: string): readonly NetworkSelection[] {
  if (annotation.trim() === '') return [];
  return /[[{"]/.test(annotation)
    ? refuseMany(parseList(annotation)).map((item, index) => readItem(item, { index, podNamespace }))
    : refuseMany(annotation.split(',')).map((item) => readShort(item.trim(), podNamespace));
}

/** An annotation has room for a hundred thousand: a Node would be busy with that Pod for as long as an ADD may take. */
const mostNetworks = 100;

function refuseMany<T>(items: readonly T[]): readonly T[] {
  if (items.length <= mostNetworks) return items;
  throw new Failure('config', `the Pod asks for ${items.length} networks: at most ${mostNetworks} are accepted`);
}

/** `[namespace/]name[@interface]` */
function readShort(item: string, podNamespace: string): NetworkSelection {
  const [, namespace = podNamespace, name = '', ifname] = /^(?:([^/@]*)\/)?([^/@]*)(?:@([^/@]*))?$/.exec(item) ?? [];
  const what = `the network ${quote(item)}`;
  if (name === '') throw new Failure('config', `${what} is malformed: expected [namespace/]name[@interface]`);
  return {
    namespace: checkName(namespace, `${what}: the namespace`),
    name: checkName(name, `${what}: the name`),
    ifname: ifname === undefined ? undefined : checkIfname(ifname, what),
    ips: [],
    mac: undefined,
  };
}

function parseList(annotation: string): readonly unknown[] {
  let list: unknown;
  try {
    list = parseForeignJson(annotation, 'the list of networks');
  } catch (error) {
    if (error instanceof Failure) throw error;
    // Said below.
  }
  if (!Array.isArray(list))
    throw new Failure(
      'config',
      'the list of networks is no JSON list: expected [{"name": …}, …], or names with commas',
    );
  refuseHostileShapes(list, 'the list of networks');
  return list;
}

/** Multus takes them in any case, as Go does. */
const reserved = [
  'name',
  'namespace',
  'interface',
  'ips',
  'mac',
  'infiniband-guid',
  'portMappings',
  'bandwidth',
  'deviceID',
  'cni-args',
  'default-route',
  'ipam-claim-reference',
];

function readItem(
  item: unknown,
  { index, podNamespace }: { readonly index: number; readonly podNamespace: string },
): NetworkSelection {
  const what = `the network [${index}]`;
  if (!isJsonObject(item)) throw new Failure('config', `${what} is no object: expected {"name": …}`);
  refuseOtherCase(item, { what, reserved });
  const ifname = textOf(item, 'interface', what) ?? textOf(item, 'interfaceRequest', what);
  return {
    namespace: checkName(textOf(item, 'namespace', what) ?? podNamespace, `${what}: the namespace`),
    name: checkName(nameOf(item, what), `${what}: the name`),
    ifname: ifname === undefined ? undefined : checkIfname(ifname, what),
    ips: textsOf(item, 'ips', what),
    mac: textOf(item, 'mac', what),
    ...readRequests(item, what),
  };
}

function nameOf(item: JsonObject, what: string): string {
  const name = textOf(item, 'name', what);
  if (name !== undefined) return name;
  throw new Failure('config', `${what}: the key name is missing: expected that of a NetworkAttachmentDefinition`);
}

/** undefined when it is missing or empty, which is how Go writes "missing". */
function textOf(item: JsonObject, key: string, what: string): string | undefined {
  const value = item[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new Failure('config', `${what}: ${key} is no text: expected a string`);
}

function textsOf(item: JsonObject, key: string, what: string): readonly string[] {
  const value = item[key];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new Failure('config', `${what}: ${key} is no list of texts: expected ["10.0.0.5"]`);
}

/** RFC 1123, as Multus wants it of either part. */
function checkName(name: string, what: string): string {
  if (name.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) return name;
  throw new Failure('config', `${what} is ${quote(name)}: expected lower-case letters, digits and "-"`);
}

function checkIfname(ifname: string, what: string): string {
  if (ifname.length <= 15 && /^[^\s/]+$/.test(ifname)) return ifname;
  throw new Failure(
    'config',
    `${what}: the interface is ${quote(ifname)}: expected at most 15 characters, without blanks and "/"`,
  );
}

import { parseForeignJson } from '../system/bounded-json.ts';
import { Failure, messageOf } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';
import { refuseAmbiguousKeys, refuseHostileShapes } from '../system/json-shape.ts';

/** The configuration in a NetworkAttachmentDefinition. */
export interface NetworkConfiguration {
  /** What CNI calls the network. */
  readonly name: string;
  /** Absent when the configuration names none. */
  readonly cniVersion?: string;
  /** At least one; of a configuration that is no list, it is the only one. */
  readonly plugins: readonly JsonObject[];
}

/**
 * Reads `spec.config`; undefined when it is empty: then a file of each Node has the configuration.
 * @param object a NetworkAttachmentDefinition
 * @throws Failure `decode` (not JSON) or `config`
 * @see https://github.com/k8snetworkplumbingwg/multi-net-spec/tree/master/v1.3
 */
export function readNetworkConfiguration(object: JsonObject): NetworkConfiguration | undefined {
  const { metadata, spec } = object;
  const text = isJsonObject(spec) ? spec['config'] : undefined;
  if (text === undefined || text === null || text === '') return undefined;
  if (typeof text !== 'string') throw new Failure('config', 'spec.config is no text: expected JSON, as a string');
  const ownName = isJsonObject(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '';
  return parseConfiguration(text, { what: 'spec.config', fallbackName: ownName });
}

/** Of a NetworkAttachmentDefinition in the API. */
export function definitionPath({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `/apis/k8s.cni.cncf.io/v1/namespaces/${encodeURIComponent(namespace)}/network-attachment-definitions/${encodeURIComponent(name)}`;
}

export interface ConfigurationSource {
  /** Names the text in messages. */
  readonly what: string;
  /** For a configuration without `name`. */
  readonly fallbackName: string;
}

/**
 * Reads a configuration, of one plugin or of a list.
 * @throws Failure `decode` (not JSON) or `config`
 */
export function parseConfiguration(text: string, { what, fallbackName }: ConfigurationSource): NetworkConfiguration {
  const config = parse(text, what);
  const { name, plugins, cniVersion } = config;
  return {
    name: typeof name === 'string' && name !== '' ? name : fallbackName,
    ...(typeof cniVersion === 'string' && cniVersion !== '' && { cniVersion }),
    plugins: readPlugins(config, { plugins, what }),
  };
}

/**
 * The device plugin's resource of which the network wants a device; undefined when it wants none.
 * @see https://github.com/k8snetworkplumbingwg/multi-net-spec/tree/master/v1.3
 */
export function resourceOf({ metadata }: JsonObject): string | undefined {
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  const name = isJsonObject(annotations) ? annotations['k8s.v1.cni.cncf.io/resourceName'] : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** What this plugin reads, or makes itself, of a configuration for another one. */
const reserved = 'cniVersion name type plugins networkType ipam args capabilities runtimeConfig prevResult'.split(' ');

/**
 * Bytes. The Node keeps the configurations of all networks of a Pod, up to a hundred, while it runs; an object has room
 * for 1.5 MB of what nobody reads.
 */
const largest = 64 * 1024;

function parse(text: string, what: string): JsonObject {
  let config: unknown;
  if (Buffer.byteLength(text) > largest) throw new Failure('decode', `${what} is larger than ${largest} bytes`);
  if (text.startsWith('\uFEFF')) throw new Failure('decode', `${what} begins with a byte order mark: remove it`);
  try {
    config = parseForeignJson(text, what);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('decode', `${what} is no JSON: ${messageOf(cause)}`, { cause });
  }
  if (!isJsonObject(config)) throw new Failure('decode', `${what} is no JSON object: expected a network configuration`);
  refuseHostileShapes(config, what);
  refuseAmbiguousKeys(config, { what, reserved });
  return config;
}

function readPlugins(
  config: JsonObject,
  { plugins, what }: { readonly plugins: unknown; readonly what: string },
): readonly JsonObject[] {
  const list: readonly unknown[] = plugins === undefined ? [config] : Array.isArray(plugins) ? plugins : [];
  const objects = list.filter(isJsonObject);
  if (objects.length === 0 || objects.length < list.length)
    throw new Failure('config', `${what}: plugins is no list of objects: expected at least one plugin`);
  const inList = objects.filter((plugin) => plugin !== config);
  for (const plugin of inList) refuseAmbiguousKeys(plugin, { what, reserved });
  if (objects.every(({ type }) => typeof type === 'string' && type !== '')) return objects;
  throw new Failure('config', `${what}: the key type is missing: expected the name of a plugin`);
}

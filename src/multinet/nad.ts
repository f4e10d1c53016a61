import { Failure, messageOf } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';

/** The configuration in a NetworkAttachmentDefinition. */
export interface NetworkConfiguration {
  /** What CNI calls the network. */
  readonly name: string;
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
  const config = parse(text);
  const ownName = isJsonObject(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '';
  const { name, plugins } = config;
  return { name: typeof name === 'string' && name !== '' ? name : ownName, plugins: readPlugins(config, plugins) };
}

function parse(text: string): JsonObject {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw new Failure('decode', `spec.config is no JSON: ${messageOf(cause)}`, { cause });
  }
  if (isJsonObject(config)) return config;
  throw new Failure('decode', 'spec.config is no JSON object: expected a network configuration');
}

function readPlugins(config: JsonObject, plugins: unknown): readonly JsonObject[] {
  const list: readonly unknown[] = plugins === undefined ? [config] : Array.isArray(plugins) ? plugins : [];
  const objects = list.filter(isJsonObject);
  if (objects.length === 0 || objects.length < list.length)
    throw new Failure('config', 'spec.config: plugins is no list of objects: expected at least one plugin');
  if (objects.every(({ type }) => typeof type === 'string' && type !== '')) return objects;
  throw new Failure('config', 'spec.config: the key type is missing: expected the name of a plugin');
}

import { Failure } from '../system/failure.ts';
import { isJsonObject, type JsonObject } from '../system/json-object.ts';
import type { NetworkSelection } from './annotation.ts';
import type { NetworkConfiguration } from './nad.ts';

/** What a Pod asks of a network, by the names of CNI's capabilities. */
type Capabilities = Readonly<Record<string, unknown>>;

export interface Chain {
  readonly network: NetworkConfiguration;
  readonly selection: NetworkSelection;
  /** For a configuration that names none. */
  readonly cniVersion: string;
  /** Whether a plugin takes addresses and MAC from runtimeConfig without declaring so. */
  readonly isOurs: (plugin: JsonObject) => boolean;
}

/** These can be asked for without the capability: in `args.cni` or CNI_ARGS, which every plugin reads that knows them. */
const conventional = ['ips', 'mac'];

/**
 * What each plugin of a network gets on stdin, without prevResult: as libcni makes it. What only a runtime may say
 * (prevResult, runtimeConfig) is not taken from the network.
 * @throws Failure `config` when the Pod asks for what no plugin of the network can do
 * @see https://www.cni.dev/docs/conventions/#dynamic-plugin-specific-fields-capabilities--runtime-configuration
 */
export function pluginConfigs({ network, selection, cniVersion, isOurs }: Chain): readonly JsonObject[] {
  const asked = capabilitiesOf(selection);
  const declared = (plugin: JsonObject, key: string): boolean =>
    (isOurs(plugin) && conventional.includes(key)) ||
    (isJsonObject(plugin['capabilities']) && plugin['capabilities'][key] === true);
  const unmet = Object.keys(asked).find(
    (key) => !conventional.includes(key) && !network.plugins.some((plugin) => declared(plugin, key)),
  );
  if (unmet !== undefined) {
    throw new Failure(
      'config',
      `the Pod asks for ${unmet}, and no plugin of the network declares it: expected "capabilities": {"${unmet}": true}`,
    );
  }
  return network.plugins.map((plugin) => {
    const granted = Object.entries(asked).filter(([key]) => declared(plugin, key));
    const { prevResult: _, runtimeConfig: __, plugins: ___, ...own } = plugin;
    const args = argsOf(plugin, selection, granted);
    return {
      ...own,
      cniVersion: network.cniVersion ?? cniVersion,
      name: network.name,
      ...(granted.length > 0 && { runtimeConfig: Object.fromEntries(granted) }),
      ...(args !== undefined && { args }),
    };
  });
}

function capabilitiesOf(selection: NetworkSelection): Capabilities {
  const { ips, mac, portMappings, bandwidth, deviceID, infinibandGUID } = selection;
  const wanted = { mac, portMappings, bandwidth, deviceID, infinibandGUID };
  return {
    ...(ips.length > 0 && { ips }),
    ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)),
  };
}

/** Addresses go into `args.cni`, which takes a list; host-local refuses one in CNI_ARGS. */
function argsOf(
  { args }: JsonObject,
  { cniArgs = {}, ips }: NetworkSelection,
  granted: readonly (readonly [string, unknown])[],
): JsonObject | undefined {
  const own = isJsonObject(args) ? args : {};
  const asked = ips.length > 0 && !granted.some(([key]) => key === 'ips') ? { ips } : {};
  const cni = { ...(isJsonObject(own['cni']) ? own['cni'] : {}), ...cniArgs, ...asked };
  if (Object.keys(cni).length === 0) return isJsonObject(args) ? args : undefined;
  return { ...own, cni };
}

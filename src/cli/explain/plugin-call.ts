import type { Call } from '../../cni/dispatch.ts';
import { readNetworkConfig } from '../../cni/network-config.ts';
import { currentVersion } from '../../cni/version.ts';
import type { NetworkSelection } from '../../multinet/annotation.ts';
import type { NetworkConfiguration } from '../../multinet/nad.ts';
import { pluginConfigs } from '../../multinet/plugin-config.ts';
import type { JsonObject } from '../../system/json-object.ts';

export interface CalledFor {
  readonly network: NetworkConfiguration;
  /** Of the network: the one that is called, or whose IPAM is. */
  readonly plugin: JsonObject;
  readonly selection: NetworkSelection;
  /** See Reader. */
  readonly ownType: string;
}

/**
 * The call of ADD that the plugin gets for a network, as far as network and Pod say what is in it.
 * @param asked what the Pod asks for: of `selection`, or nothing
 * @throws Failure as the plugin does
 */
export function pluginCall({ network, plugin, selection, ownType }: CalledFor, asked: 'nothing' | 'all'): Call {
  const { namespace, name, ifname = 'net1', ips, mac, cniArgs } = selection;
  // What other plugins of the network are asked for, they may have by Multus without saying that they can do it.
  const wishes =
    asked === 'all' ? { ips, mac, ...(cniArgs !== undefined && { cniArgs }) } : { ips: [], mac: undefined };
  const configs = pluginConfigs({
    network,
    selection: { namespace, name, ifname, ...wishes },
    cniVersion: currentVersion,
    isOurs: ({ type }) => type === ownType,
  });
  const raw = configs[network.plugins.indexOf(plugin)] ?? plugin;
  return { request: { ...emptyRequest, ifname }, config: readNetworkConfig('ADD', raw) };
}

const emptyRequest = {
  command: 'ADD',
  containerID: '',
  netns: '',
  args: {},
  argsText: '',
  path: [],
  netnsOverride: false,
} as const;

import { findPlugin } from '../../cni/delegate.ts';
import type { Call } from '../../cni/dispatch.ts';
import { ifnameComplaint } from '../../cni/environment.ts';
import { readNetworkConfig, type NetworkConfig } from '../../cni/network-config.ts';
import type { JsonObject } from '../../config/json.ts';
import { readVlanNetwork } from '../../config/netconf.ts';
import type { NetworkSelection } from '../../multinet/annotation.ts';
import { interfaceNames } from '../../multinet/interface-names.ts';
import { pluginConfigs } from '../../multinet/plugin-config.ts';
import { Failure } from '../../system/failure.ts';
import { quote } from '../../system/quote.ts';
import type { SandboxAttachment } from '../../system/sandboxes.ts';
import { allOf } from '../../system/try-all.ts';
import { refuseMissingDhcpDaemon } from '../dhcp.ts';
import { namedPools } from '../ipam-section.ts';
import { refuseNodePaths } from '../node-paths.ts';
import { delegateArgs } from './delegate-args.ts';
import { readDefinition, type Definition } from './definitions.ts';
import { naming } from '../naming.ts';
import type { Native } from './native.ts';
import type { SecondaryOptions } from './options.ts';

export interface Wanted {
  readonly selections: readonly NetworkSelection[];
  readonly podNamespace: string;
  readonly options: SecondaryOptions;
}

/**
 * What to attach, in the order of the annotation. All that can be refused is refused here, before anything is made.
 * @throws Failure naming the network
 */
export async function planNetworks(native: Native, wanted: Wanted): Promise<readonly SandboxAttachment[]> {
  const { selections, options } = wanted;
  const { context, request } = native;
  const prefix = options.interfacePrefix;
  const ifnames = interfaceNames(selections, { prefix, primary: request.ifname, complaint: ifnameComplaint });
  refuseSameMAC(selections);
  for (const selection of selections) refuseForeignNamespace(selection, wanted);
  const sources = { client: native.cluster(), files: context.files, nadDir: options.nadDir, log: context.log };
  const read = onceEach((selection) => readDefinition(sources, selection));
  const plans = selections.map((selection, index) =>
    naming(selection, async () => {
      const network = await read(selection);
      return planNetwork(native, { selection, ifname: ifnames[index] ?? '', network });
    }),
  );
  return allOf(plans);
}

/** All at the same time; one that the Pod asks for twice, once. */
function onceEach<T>(read: (selection: NetworkSelection) => Promise<T>): (selection: NetworkSelection) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (selection) => {
    const key = `${selection.namespace}/${selection.name}`;
    const promise = known.get(key) ?? read(selection);
    known.set(key, promise);
    return promise;
  };
}

interface Planned {
  readonly selection: NetworkSelection;
  readonly ifname: string;
  readonly network: Definition;
}

function planNetwork(native: Native, { selection, ifname, network }: Planned): SandboxAttachment {
  const { context, request } = native;
  const { ownType, settings, call } = context;
  refuseClaim(selection);
  const plugins = pluginConfigs({
    network,
    selection,
    cniVersion: call.config.cniVersion,
    isOurs: ({ type }) => type === ownType,
  });
  const kind = plugins.length === 1 && plugins[0]?.['type'] === ownType ? 'vlan' : 'delegates';
  for (const plugin of plugins) {
    const config = readNetworkConfig('ADD', plugin);
    refuseForeignPlugins(native, config);
    if (kind === 'vlan') readVlanNetwork(plugin, settings);
    else if (!network.isTrusted) refuseNodePaths(settings, plugin, '');
    refuseMissingDhcpDaemon(context.files, plugin);
    if (kind === 'vlan') readPoolsAhead(context, { request, config });
  }
  return {
    nad: `${selection.namespace}/${selection.name}`,
    ifname,
    kind,
    args: delegateArgs(request.args, selection.mac),
    plugins,
  };
}

/** While other networks are still read. What is wrong with a pool is told when it is used. */
function readPoolsAhead({ store, ownType }: Native['context'], call: Call): void {
  if (call.config.ipamType !== ownType) return;
  for (const name of namedPools(call)) (async () => store.readPool(name))().catch(() => {});
}

/** A network is a tenant's, and plugins run as root. */
function refuseForeignPlugins({ context, request }: Native, { type, ipamType, raw }: NetworkConfig): void {
  const { ownType, settings, files } = context;
  const allowed = [ownType, ...settings.allowedPlugins];
  for (const [key, plugin] of [
    ['type', type],
    ['ipam.type', ipamType],
  ] as const) {
    if (plugin === '') continue;
    if (!allowed.includes(plugin)) {
      throw new Failure(
        'unsupported',
        `${key} ${quote(plugin)} is not open to networks on this Node: use ${allowed.join(', ')}`,
        { details: "an administrator lists others in the Node file's allowedPlugins" },
      );
    }
    if (plugin !== ownType) findPlugin({ files }, { plugin, request });
  }
  if (type === ownType && !isVlan(raw))
    throw new Failure('unsupported', `networkType ${shown(raw['networkType'])} is not a Pod's to use: expected "vlan"`);
}

function isVlan({ networkType }: JsonObject): boolean {
  return networkType === 'vlan';
}

function refuseForeignNamespace({ namespace, name }: NetworkSelection, { podNamespace, options }: Wanted): void {
  if (!options.namespaceIsolation || namespace === podNamespace || options.globalNamespaces.includes(namespace)) return;
  throw new Failure(
    'unsupported',
    `network ${namespace}/${name} is not open to Pods of ${podNamespace}: use one of ${[podNamespace, ...options.globalNamespaces].join(' or ')}`,
    { details: 'the Node has namespaceIsolation' },
  );
}

/** It asks for addresses that outlive the Pod: to give it others in silence would be worse than none. */
function refuseClaim({ ipamClaim }: NetworkSelection): void {
  if (ipamClaim === undefined) return;
  throw new Failure(
    'unsupported',
    `ipam-claim-reference ${shown(ipamClaim)}: no network keeps addresses for an IPAMClaim: leave the key out, or ask for addresses with ips`,
  );
}

function refuseSameMAC(selections: readonly NetworkSelection[]): void {
  const macs = selections.map(({ mac }) => mac?.toLowerCase());
  const twice = macs.find((mac, index) => mac !== undefined && macs.indexOf(mac) !== index);
  if (twice !== undefined) throw new Failure('config', `mac ${shown(twice)} is asked for by two networks of the Pod`);
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? 'is missing:';
}

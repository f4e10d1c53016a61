import { validateIpam } from '../../../build/generated/ipam.js';
import { readVlanNetwork, type VlanNetwork } from '../../config/netconf.ts';
import type { NodeSettings } from '../../config/node-file.ts';
import { validate, type Schema } from '../../config/validate.ts';
import { foreignKeys, nothingAsked } from '../../ipam/foreign-keys.ts';
import { checkPoolName } from '../../ipam/pool.ts';
import { parsePrefix } from '../../ipam/prefix.ts';
import type { StaticAddress } from '../../ipam/request.ts';
import type { NetworkSelection } from '../../multinet/annotation.ts';
import { readNetworkConfiguration, type NetworkConfiguration } from '../../multinet/nad.ts';
import { Failure } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import { sectionOf, textIn, type Lookup } from './lookup.ts';

/** What a network wants of us, or why it cannot have it. */
export type NetworkUse =
  | {
      readonly kind: 'pools';
      /** What CNI calls it. */
      readonly network: string;
      readonly pools: readonly string[];
      /** Those of the network itself that can be read; the plugin refuses the others, and the Pod's Events say so. */
      readonly statics: readonly StaticAddress[];
      /** undefined where VLANs are not ours, as in the IPAM of another plugin. */
      readonly vlanNetwork: VlanNetwork | undefined;
    }
  /** Nothing is allocated for it, and nothing is to be. */
  | { readonly kind: 'none'; readonly finding: Finding }
  | { readonly kind: 'wrong'; readonly finding: Finding };

export interface Reader {
  /** See View. */
  readonly ownType: string;
  /** What the Pod's Node allows, if that is known. */
  readonly node: NodeSettings | undefined;
}

/** @param nad what the API says of the NetworkAttachmentDefinition */
export function networkUse(selection: NetworkSelection, nad: Lookup, reader: Reader): NetworkUse {
  const label = networkLabel(selection);
  if (nad.kind !== 'found') return withoutDefinition(selection, nad);
  try {
    const configuration = readNetworkConfiguration(nad.object);
    if (configuration !== undefined) return useOf(label, configuration, reader);
    return { kind: 'none', finding: ok(label, 'has its configuration in a file of each Node, which is not seen here') };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { kind: 'wrong', finding: fail(label, error.message, editOf(selection)) };
  }
}

export function networkLabel({ namespace, name, ifname }: NetworkSelection): string {
  return `network ${namespace}/${name}${ifname === undefined ? '' : `@${ifname}`}`;
}

export function definitionPath({ namespace, name }: NetworkSelection): string {
  return `/apis/k8s.cni.cncf.io/v1/namespaces/${encodeURIComponent(namespace)}/network-attachment-definitions/${encodeURIComponent(name)}`;
}

export function editOf({ namespace, name }: NetworkSelection): string {
  return `kubectl edit network-attachment-definitions -n ${namespace} ${name}`;
}

function withoutDefinition(selection: NetworkSelection, nad: Exclude<Lookup, { kind: 'found' }>): NetworkUse {
  const label = networkLabel(selection);
  const { namespace, name } = selection;
  if (nad.kind === 'refused') {
    return {
      kind: 'wrong',
      finding: warn(label, `cannot be looked at: ${nad.reason}`, `as somebody who may: --context`),
    };
  }
  const finding = nad.served
    ? fail(
        label,
        `there is no NetworkAttachmentDefinition ${name} in Namespace ${namespace}`,
        'which there are: kubectl get network-attachment-definitions -A; one of another Namespace is written NAMESPACE/NAME',
      )
    : fail(
        label,
        'the cluster knows no NetworkAttachmentDefinitions',
        'it comes with Multus; without that: kubectl apply -f deploy/network-attachment-definitions.yaml',
      );
  return { kind: 'wrong', finding };
}

/** @throws Failure as the plugin does */
function useOf(label: string, { name: network, plugins }: NetworkConfiguration, reader: Reader): NetworkUse {
  const { ownType, node } = reader;
  const isOurs = (plugin: JsonObject): boolean => plugin['type'] === ownType;
  const takesOurs = (plugin: JsonObject): boolean => textIn(sectionOf(plugin, 'ipam'), 'type') === ownType;
  const plugin = plugins.find(isOurs) ?? plugins.find(takesOurs);
  if (plugin === undefined) return { kind: 'none', finding: ok(label, foreignText(plugins, ownType)) };
  const vlanNetwork = isOurs(plugin) ? vlanNetworkOf(plugin, node) : undefined;
  if (takesOurs(plugin)) return { kind: 'pools', network, ...addressesOf(plugin), vlanNetwork };
  const ipam = textIn(sectionOf(plugin, 'ipam'), 'type');
  const text =
    ipam === ''
      ? 'has no ipam: an interface without addresses, as it is written'
      : `has addresses of the IPAM ${ipam}, not of pools`;
  return { kind: 'none', finding: ok(label, text) };
}

function foreignText(plugins: readonly JsonObject[], ownType: string): string {
  const [first] = plugins;
  const type = first === undefined ? '' : textIn(first, 'type');
  const ipam = first === undefined ? '' : textIn(sectionOf(first, 'ipam'), 'type');
  return `is made by ${type}${ipam === '' ? '' : ` with the IPAM ${ipam}`}, not by ${ownType}: no pool has to do with it`;
}

/** Which bridges are open to networks is the business of each Node. */
function vlanNetworkOf(plugin: JsonObject, node: NodeSettings | undefined): VlanNetwork {
  return readVlanNetwork(plugin, node ?? { bridge: textIn(plugin, 'bridge'), bridges: [], mtu: 1500 });
}

interface IpamConf {
  readonly ippools?: readonly string[];
  readonly addresses?: readonly { readonly address: string }[];
}

const ipamConf: Schema<IpamConf> = {
  validator: validateIpam,
  matches: (data): data is IpamConf => validateIpam(data),
};

function addressesOf(plugin: JsonObject): Pick<NetworkUse & { kind: 'pools' }, 'pools' | 'statics'> {
  const { ippools = [], addresses = [] } = validate(ipamConf, plugin['ipam'], 'ipam');
  if (ippools.length === 0 && addresses.length === 0) throw nothingAsked(foreignKeys(sectionOf(plugin, 'ipam')));
  return {
    pools: ippools.map((value, index) => checkPoolName({ path: `ipam.ippools[${index}]`, value })),
    statics: addresses.flatMap(({ address: text }) => {
      const prefix = parsePrefix(text);
      return prefix === undefined ? [] : [{ address: prefix.address, prefixLength: prefix.length }];
    }),
  };
}

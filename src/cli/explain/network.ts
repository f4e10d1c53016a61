import { readVlanNetwork, type VlanNetwork } from '../../config/netconf.ts';
import type { NodeSettings } from '../../config/node-file.ts';
import type { Call } from '../../cni/dispatch.ts';
import { checkRequest } from '../../ipam/request.ts';
import type { NetworkSelection } from '../../multinet/annotation.ts';
import { readNetworkConfiguration, type NetworkConfiguration } from '../../multinet/nad.ts';
import { readIpamSection, type IpamSection } from '../../plugin/ipam-section.ts';
import { requestedMAC } from '../../plugin/requests.ts';
import { Failure } from '../../system/failure.ts';
import type { JsonObject } from '../../system/json-object.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import { sectionOf, textIn, type Lookup } from './lookup.ts';
import { pluginCall, type CalledFor } from './plugin-call.ts';

/** What a network wants of us, or why it cannot have it. */
export type NetworkUse =
  | {
      readonly kind: 'pools';
      /** What CNI calls it. */
      readonly network: string;
      /** As the plugin gets it, with what the Pod asks for. */
      readonly call: Call;
      readonly ipam: IpamSection;
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
  return orWrong(label, editOf(selection), () => {
    const network = readNetworkConfiguration(nad.object);
    if (network !== undefined) return useOf({ selection, network, label }, reader);
    return { kind: 'none', finding: ok(label, 'has its configuration in a file of each Node, which is not seen here') };
  });
}

function orWrong(label: string, advice: string, read: () => NetworkUse): NetworkUse {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { kind: 'wrong', finding: fail(label, error.message, advice) };
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

interface Wanted {
  readonly selection: NetworkSelection;
  readonly network: NetworkConfiguration;
  readonly label: string;
}

/** @throws Failure as the plugin does */
function useOf({ selection, network, label }: Wanted, { ownType, node }: Reader): NetworkUse {
  const { plugins } = network;
  const isOurs = (one: JsonObject): boolean => one['type'] === ownType;
  const takesOurs = (one: JsonObject): boolean => textIn(sectionOf(one, 'ipam'), 'type') === ownType;
  const plugin = plugins.find(isOurs) ?? plugins.find(takesOurs);
  if (plugin === undefined) return { kind: 'none', finding: ok(label, foreignText(plugins, ownType)) };
  const called = { network, plugin, selection, ownType };
  const checks = { isOurs: isOurs(plugin), takesOurs: takesOurs(plugin), node };
  checkCall(called, { ...checks, asked: 'nothing' });
  return orWrong(label, askOtherwise, () => {
    const { call, ipam, vlanNetwork } = checkCall(called, { ...checks, asked: 'all' });
    if (ipam !== undefined) return { kind: 'pools', network: network.name, call, ipam, vlanNetwork };
    return { kind: 'none', finding: ok(label, withoutOurs(textIn(sectionOf(plugin, 'ipam'), 'type'))) };
  });
}

const askOtherwise = "put right what the Pod's annotation asks for (ips, mac, cni-args), and recreate the Pod";

interface Checks extends Pick<Reader, 'node'> {
  readonly asked: 'nothing' | 'all';
  readonly isOurs: boolean;
  /** Whether the IPAM is ours. */
  readonly takesOurs: boolean;
}

interface Checked extends Pick<NetworkUse & { kind: 'pools' }, 'call' | 'vlanNetwork'> {
  readonly ipam: IpamSection | undefined;
}

/** What the plugin reads before it looks at any pool, in its order. @throws Failure as it does */
function checkCall(called: CalledFor, { asked, isOurs, takesOurs, node }: Checks): Checked {
  const call = pluginCall(called, asked);
  const vlanNetwork = isOurs ? vlanNetworkOf(call.config.raw, node) : undefined;
  if (vlanNetwork !== undefined) requestedMAC(call, vlanNetwork.mac);
  const ipam = takesOurs ? readIpamSection(call) : undefined;
  if (ipam !== undefined) checkRequest({ ...ipam, pools: ipam.ippools });
  return { call, vlanNetwork, ipam };
}

function withoutOurs(ipam: string): string {
  if (ipam === '') return 'has no ipam: an interface without addresses, as it is written';
  return `has addresses of the IPAM ${ipam}, not of pools`;
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

import type { CniRequest } from '../cni/environment.ts';
import type { VlanNetwork } from '../config/netconf.ts';
import type { Attachment } from '../net/attach.ts';
import type { Pair } from '../net/ip-orders.ts';
import type { PortOwner } from '../net/ovs/ports.ts';
import { portVlans, refuseForeignVlans } from '../net/port-config.ts';
import { Failure } from '../system/failure.ts';
import { hashWords } from '../system/hash.ts';
import type { JournalPort } from '../system/journal.ts';
import type { Context } from './context.ts';
import type { Assignment } from './ipam-source.ts';
import { nextHop } from './routes.ts';

export interface Plan {
  readonly network: VlanNetwork;
  /** Lower case. */
  readonly mac: string;
  readonly hostInterface: string;
}

/** As much of a call as decides what to make. */
export interface Planning extends Pick<Context, 'call'> {
  readonly settings: Pick<Context['settings'], 'allowedVLANs' | 'allowedTrunks'>;
}

/** What can be refused before the addresses are known: the VLANs, unless a pool decides. @throws Failure */
export function refuseOwnVlans({ settings }: Pick<Planning, 'settings'>, { vlan, trunk }: Plan['network']): void {
  const vlans = portVlans({ vlan, poolVlan: undefined, trunk });
  if (vlan !== undefined && vlan !== 0)
    refuseForeignVlans(vlans, { access: settings.allowedVLANs, trunk: settings.allowedTrunks });
}

/** The veth pair to make, before the addresses are known. */
export function planPair(
  { call: { request, config } }: Pick<Planning, 'call'>,
  { network, mac, hostInterface }: Plan,
): Pair {
  return {
    host: { name: hostInterface, mac: derivedMAC(hostInterface), alias: aliasOf(request) },
    link: {
      name: request.ifname,
      mac,
      mtu: network.mtu,
      // IPAM gives addresses, or fails.
      acceptRA: network.acceptRA ?? (config.ipamType === '' ? undefined : false),
    },
  };
}

/**
 * The attachment to make, now that the addresses are known.
 * @throws Failure `unsupported` or `config` when the Node does not allow it, or nobody could use it
 */
export function planAttachment(planning: Planning, plan: Plan, assignment: Assignment): Attachment {
  const { settings, call } = planning;
  const { network, mac, hostInterface } = plan;
  const vlans = portVlans({ vlan: network.vlan, poolVlan: assignment.vlan, trunk: network.trunk });
  refuseForeignVlans(vlans, { access: settings.allowedVLANs, trunk: settings.allowedTrunks });
  const addresses = assignment.ips.map(({ address }) => address);
  refuseSmallMTU(network.mtu, addresses);
  const { host, link } = planPair(planning, plan);
  return {
    host,
    port: {
      name: hostInterface,
      bridge: network.bridge,
      vlans,
      owner: portOwner(call.request, { network: call.config.name, mac, addresses }),
    },
    link: { ...link, addresses, routes: linkRoutes(assignment) },
  };
}

/** What the journal has of the port. */
export function portOf({ port: { bridge, vlans, owner }, link: { mtu } }: Attachment): JournalPort {
  const { podNamespace, podName, mac, addresses } = owner;
  return { bridge, vlans, mtu, podNamespace, podName, mac, addresses };
}

function portOwner(
  { args, containerID, ifname, netns }: CniRequest,
  {
    network,
    mac,
    addresses,
  }: { readonly network: string; readonly mac: string; readonly addresses: readonly string[] },
): PortOwner {
  const { K8S_POD_NAMESPACE: podNamespace = '', K8S_POD_NAME: podName = '' } = args;
  const plain = addresses.map(withoutPrefix).join(',');
  return { containerID, ifname, network, podNamespace, podName, netns, mac, addresses: plain };
}

/** Whose the link is, for whoever looks at the Node's links. */
function aliasOf({ args, containerID, ifname }: CniRequest): string {
  const { K8S_POD_NAMESPACE: namespace = '', K8S_POD_NAME: name } = args;
  return name === undefined ? `${containerID}/${ifname}` : `${namespace}/${name}/${ifname}`;
}

/** Locally administered, unicast; the same for the same name. */
export function derivedMAC(...name: readonly string[]): string {
  const [high = 0, low = 0] = hashWords('mac', ...name);
  const digits = (high % 256).toString(16).padStart(2, '0') + low.toString(16).padStart(8, '0');
  return `02:${digits.replaceAll(/..(?!$)/g, '$&:')}`;
}

function linkRoutes({ routes, ips }: Assignment): Assignment['routes'] {
  return routes.map((route) => {
    const gw = nextHop(route, ips);
    return gw === undefined ? route : { ...route, gw };
  });
}

/** RFC 8200, section 5: below 1280 the kernel has no IPv6 on the link. */
function refuseSmallMTU(mtu: number, addresses: readonly string[]): void {
  if (mtu >= 1280 || !addresses.some(isIPv6)) return;
  throw new Failure('unsupported', `mtu ${mtu} is too small for IPv6, which needs 1280`);
}

function isIPv6(address: string): boolean {
  return address.includes(':');
}

function withoutPrefix(address: string): string {
  return address.split('/')[0] ?? '';
}

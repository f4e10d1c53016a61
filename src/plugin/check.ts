import type { CniResult, ResultInterface } from '../cni/result.ts';
import { readVlanNetwork, type VlanNetwork } from '../config/netconf.ts';
import { firstOf, formatPrefix, parsePrefix } from '../ipam/prefix.ts';
import { readLink, readRoutes, type LinkFacts, type LinkQuery, type RouteFacts } from '../net/link-facts.ts';
import { withNetns } from '../net/netns.ts';
import type { FoundPort } from '../net/ovs/ports.ts';
import { portVlans, type PortVlans } from '../net/port-config.ts';
import { Failure } from '../system/failure.ts';
import { hostInterfaceName } from '../system/attachment-id.ts';
import type { Context } from './context.ts';
import { ipamSource } from './ipam-source.ts';

/**
 * CHECK of a VLAN network: compares what is there with what ADD reported in prevResult.
 * @throws Failure `check` naming every difference
 */
export async function check(context: Context): Promise<void> {
  const { call, ovs, exec, settings } = context;
  const { request, config } = call;
  const network = readVlanNetwork(config.raw, settings);
  const reported = readReported(context);
  const link = await withNetns(request.netns, (netns) => readContainerLink({ exec, netns, name: request.ifname }));
  const hostInterface = hostInterfaceName(request);
  const [port] = await ovs.findPorts({ name: hostInterface });
  const ipam = ipamSource(context);
  const vlans = portVlans({ vlan: network.vlan, poolVlan: await ipam.vlan(), trunk: network.trunk });
  const differences = [
    ...linkDifferences(link, reported, request.ifname),
    ...hostDifferences(context, link, hostInterface),
    ...portDifferences(port, { context, network, vlans, hostInterface }),
  ];
  if (differences.length > 0) {
    throw new Failure(
      'check',
      `${request.ifname} of network ${config.name} is not as ADD left it: ${differences.join('; ')}`,
    );
  }
  await ipam.check(reported.addresses);
}

type ContainerLink = LinkFacts & { readonly routes: readonly RouteFacts[] };

function readContainerLink(query: LinkQuery): ContainerLink | undefined {
  const link = readLink(query);
  return link && { ...link, routes: readRoutes(query) };
}

/** Our part of prevResult: in a chain, others have parts too. */
interface Reported {
  readonly container: ResultInterface;
  /** With prefix length. */
  readonly addresses: readonly string[];
  /** Of the whole chain: through which interface a route goes, a result does not say. */
  readonly routes: CniResult['routes'];
}

function readReported({ call: { request, config } }: Context): Reported {
  const previous = config.prevResult;
  if (previous === undefined)
    throw new Failure('config', 'the key prevResult is missing: CHECK compares with the result of ADD');
  const index = previous.interfaces.findIndex(({ name, sandbox }) => name === request.ifname && sandbox !== undefined);
  const container = previous.interfaces[index];
  if (container === undefined)
    throw new Failure('check', `prevResult has no interface ${request.ifname} with a sandbox`);
  if (container.sandbox !== request.netns) {
    throw new Failure(
      'check',
      `prevResult has ${request.ifname} in the sandbox ${container.sandbox}, CNI_NETNS is ${request.netns}`,
    );
  }
  const lost = previous.ips.find((ip) => ip.interface !== undefined && previous.interfaces[ip.interface] === undefined);
  if (lost !== undefined)
    throw new Failure('check', `prevResult has ${lost.address} on interface ${lost.interface}, which it does not list`);
  const addresses = previous.ips.filter((ip) => ip.interface === index).map(({ address }) => address);
  return { container, addresses, routes: config.ipamType === '' ? [] : previous.routes };
}

function linkDifferences(
  link: ContainerLink | undefined,
  { container, addresses, routes }: Reported,
  ifname: string,
): readonly string[] {
  if (link === undefined) return [`there is no interface ${ifname}`];
  const missing = addresses.filter((address) => !link.addresses.some((present) => sameAddress(present, address)));
  const own = link.routes.filter(({ dev }) => dev === ifname);
  const unrouted = addresses.filter(
    (address) => !missing.includes(address) && !hasRoute(own, { dst: subnetOf(address) }),
  );
  return [
    ...(link.kind === 'veth' ? [] : [`it is of kind ${link.kind || 'unknown'}, not veth`]),
    ...(link.up ? [] : ['it is down']),
    ...differs('its MAC address', link.mac, container.mac?.toLowerCase()),
    ...differs('its MTU', link.mtu, container.mtu),
    ...missing.map((address) => `the address ${address} is missing (there are ${link.addresses.join(', ') || 'none'})`),
    ...unrouted.map((address) => `the route to ${subnetOf(address)} is missing`),
    ...routes
      .filter((route) => !hasRoute(link.routes, route))
      .map(({ dst, gw }) => `the route to ${dst}${gw === undefined ? '' : ` via ${gw}`} is missing`),
  ];
}

function hostDifferences({ exec }: Context, link: LinkFacts | undefined, hostInterface: string): readonly string[] {
  if (link === undefined) return [];
  const host = readLink({ exec, name: hostInterface });
  if (host === undefined) return [`the host's end ${hostInterface} is missing`];
  return link.peerIndex === host.index && link.index === host.peerIndex
    ? []
    : [`${hostInterface} is not its other end`];
}

interface Expected {
  readonly context: Context;
  readonly network: VlanNetwork;
  readonly vlans: PortVlans;
  readonly hostInterface: string;
}

function portDifferences(
  port: FoundPort | undefined,
  { context, network, vlans, hostInterface }: Expected,
): readonly string[] {
  const { request, config } = context.call;
  if (port === undefined) return [`Open vSwitch has no port ${hostInterface} of ours`];
  const { owner } = port;
  return [
    ...differs('the bridge of the port', port.bridge ?? 'none', network.bridge),
    ...differs('the vlan_mode of the port', port.vlanMode || 'none', vlans.mode),
    ...differs('the tag of the port', port.tag ?? 'none', 'tag' in vlans ? vlans.tag : 'none'),
    ...differs('the trunks of the port', port.trunks.join(','), 'trunks' in vlans ? vlans.trunks.join(',') : ''),
    ...differs('container-id of the port', owner.containerID, request.containerID),
    ...differs('if-dev of the port', owner.ifname, request.ifname),
    ...differs('network of the port', owner.network, config.name),
    ...(port.error === '' ? [] : [`Open vSwitch reports of the port: ${port.error}`]),
    ...(port.ofport !== undefined && port.ofport > 0 ? [] : ['Open vSwitch has not taken the port (no ofport)']),
  ];
}

function differs(what: string, found: string | number, expected: string | number | undefined): readonly string[] {
  return expected === undefined || found === expected ? [] : [`${what} is ${found}, not ${expected}`];
}

function hasRoute(routes: readonly RouteFacts[], { dst, gw }: { readonly dst: string; readonly gw?: string }): boolean {
  const isDefault = dst.endsWith('/0');
  return routes.some(
    (route) =>
      sameAddress(subnetOf(route.dst), subnetOf(dst)) && (isDefault || gw === undefined || sameAddress(route.gw, gw)),
  );
}

function subnetOf(address: string): string {
  const prefix = parsePrefix(address);
  return prefix === undefined ? address : formatPrefix({ ...prefix, address: firstOf(prefix) });
}

/** With or without prefix length, by value: there is more than one way to write an address. */
function sameAddress(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) =>
    parsePrefix(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`),
  );
  return left === undefined || right === undefined ? a === b : formatPrefix(left) === formatPrefix(right);
}

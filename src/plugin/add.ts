import type { CniResult, ResultIP } from '../cni/result.ts';
import { atLeast } from '../cni/version.ts';
import { readVlanNetwork, type VlanNetwork } from '../config/netconf.ts';
import { attach, type Attachment } from '../net/attach.ts';
import { deleteLink, detach, linkExists } from '../net/detach.ts';
import { withNetns } from '../net/netns.ts';
import { OvsUnreachable } from '../net/ovs.ts';
import { portVlans, refuseForeignVlans } from '../net/port-config.ts';
import { Failure } from '../system/failure.ts';
import { hashWords } from '../system/hash.ts';
import { hostInterfaceName } from '../system/journal.ts';
import { exclusively, markOf, type Context } from './context.ts';
import { journalled, type Step } from './journalled.ts';
import { ipamSource, type Assignment } from './ipam-source.ts';
import { requestedIPs, requestedMAC } from './requests.ts';

/** ADD of a VLAN network: addresses, a veth pair, a port of the bridge, and the Pod's end up. All of it, or nothing. */
export async function add(context: Context): Promise<CniResult> {
  const { request, config } = context.call;
  const network = readVlanNetwork(config.raw, context.settings);
  const mac = requestedMAC(context.call, network.mac) ?? derivedMAC(context);
  refuseUnusableAddressing(context);
  return exclusively(context, request, () =>
    withNetns(request.netns, (netns) => addExclusively(context, { network, mac, netns })),
  );
}

interface Plan {
  readonly network: VlanNetwork;
  readonly mac: string;
  /** Descriptor. */
  readonly netns: number;
}

async function addExclusively(context: Context, plan: Plan): Promise<CniResult> {
  const { request } = context.call;
  const hostInterface = hostInterfaceName(request);
  if (linkExists(context.files, hostInterface)) {
    throw new Failure(
      'wiring',
      `${request.ifname} of container ${request.containerID} is attached already, through ${hostInterface}`,
      {
        details: 'DEL comes before another ADD of the same interface',
      },
    );
  }
  return journalled(context, hostInterface, ipamSource(context), async (assignment, undo) => {
    const attachment = plannedAttachment(context, plan, assignment, hostInterface);
    wire(context, attachment, undo);
    const hostMAC = context.files.read(`/sys/class/net/${hostInterface}/address`).toString('utf8').trim();
    context.log('info', 'attached', {
      hostInterface,
      bridge: attachment.bridge,
      ips: assignment.ips.map(({ address }) => address),
    });
    return withOurs(context, attachment, { assignment, hostMAC });
  });
}

function wire({ ovs, files, call }: Context, attachment: Attachment, undo: Step[]): void {
  const { hostInterface } = attachment;
  const detachment = { hostInterface, files, mark: markOf(call.request) };
  try {
    attach(ovs, attachment);
    undo.push(async () => throwFirst(detach(ovs, detachment)));
  } catch (error) {
    const remove = error instanceof OvsUnreachable ? deleteLink : detach;
    undo.push(async () => throwFirst(remove(ovs, detachment)));
    throw error;
  }
}

function throwFirst([failure]: readonly Failure[]): void {
  if (failure !== undefined) throw failure;
}

function plannedAttachment(
  context: Context,
  { network, mac, netns }: Plan,
  assignment: Assignment,
  hostInterface: string,
): Attachment {
  const { request, config } = context.call;
  const { settings } = context;
  const vlans = portVlans({ vlan: network.vlan, poolVlan: assignment.vlan, trunk: network.trunk });
  refuseForeignVlans(vlans, { access: settings.allowedVLANs, trunk: settings.allowedTrunks });
  const podNamespace = request.args.K8S_POD_NAMESPACE ?? '';
  const podName = request.args.K8S_POD_NAME ?? '';
  const addresses = assignment.ips.map(({ address }) => address);
  refuseSmallMTU(network.mtu, addresses);
  return {
    bridge: network.bridge,
    hostInterface,
    netns,
    link: {
      name: request.ifname,
      mac,
      mtu: network.mtu,
      addresses,
      routes: linkRoutes(assignment),
      acceptRA: network.acceptRA ?? (addresses.length > 0 ? false : undefined),
      alias:
        podName === '' ? `${request.containerID}/${request.ifname}` : `${podNamespace}/${podName}/${request.ifname}`,
    },
    vlans,
    owner: {
      containerID: request.containerID,
      ifname: request.ifname,
      network: config.name,
      podNamespace,
      podName,
      netns: request.netns,
      mac,
      addresses: addresses.map(withoutPrefix).join(','),
    },
    mark: markOf(request),
  };
}

/** A route that names no next hop takes the first gateway of its family, and without one it is on the link. */
function linkRoutes({ routes, ips }: Assignment): Assignment['routes'] {
  return routes.map((route) => {
    const gw =
      route.gw ??
      ips.find(({ address, gateway }) => gateway !== undefined && isIPv6(address) === isIPv6(route.dst))?.gateway;
    return gw === undefined ? route : { ...route, gw };
  });
}

/** The result so far, if the runtime has chained us after others, with what we have added. */
function withOurs(
  { call }: Context,
  attachment: Attachment,
  made: { readonly assignment: Assignment; readonly hostMAC: string },
): CniResult {
  const { request, config } = call;
  const previous = config.prevResult;
  const { link, hostInterface } = attachment;
  const interfaces = previous?.interfaces ?? [];
  const ips = made.assignment.ips.map((ip): ResultIP => ({ ...ip, interface: interfaces.length + 1 }));
  return {
    interfaces: [
      ...interfaces,
      { name: hostInterface, mac: made.hostMAC, mtu: link.mtu },
      { name: link.name, mac: link.mac, mtu: link.mtu, sandbox: request.netns },
    ],
    ips: [...(previous?.ips ?? []), ...ips],
    routes: [...(previous?.routes ?? []), ...made.assignment.routes],
    dns: Object.keys(made.assignment.dns).length > 0 ? made.assignment.dns : (previous?.dns ?? {}),
  };
}

/** Found out before anything is made. */
function refuseUnusableAddressing({ call }: Context): void {
  const { config } = call;
  if (config.ipamType !== '') return;
  const asked = requestedIPs(call);
  if (asked !== undefined) throw new Failure('config', `${asked.key} asks for addresses, but the network has no ipam`);
  if (atLeast(config.cniVersion, '0.3.0') || (config.prevResult?.ips.length ?? 0) > 0) return;
  throw new Failure(
    'incompatible',
    `cniVersion ${config.cniVersion} cannot express an interface without an address: use 0.3.0 or later, or add ipam`,
  );
}

/** RFC 8200, section 5: below 1280 the kernel has no IPv6 on the link. */
function refuseSmallMTU(mtu: number, addresses: readonly string[]): void {
  if (mtu >= 1280 || !addresses.some(isIPv6)) return;
  throw new Failure('unsupported', `mtu ${mtu} is too small for IPv6, which needs 1280`);
}

/** Locally administered, unicast; the same for the same attachment. */
function derivedMAC({ call: { request } }: Context): string {
  const [high = 0, low = 0] = hashWords('mac', request.containerID, request.ifname);
  const digits = (high % 256).toString(16).padStart(2, '0') + low.toString(16).padStart(8, '0');
  return `02:${digits.replaceAll(/..(?!$)/g, '$&:')}`;
}

function isIPv6(address: string): boolean {
  return address.includes(':');
}

function withoutPrefix(address: string): string {
  return address.split('/')[0] ?? '';
}

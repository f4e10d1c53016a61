import type { CniResult } from '../cni/result.ts';
import { atLeast } from '../cni/version.ts';
import { readVlanNetwork } from '../config/netconf.ts';
import { attach, type Attachment } from '../net/attach.ts';
import { deleteLink, detach, linkExists } from '../net/detach.ts';
import { withNetns } from '../net/netns.ts';
import { OvsUnreachable } from '../net/ovs/failures.ts';
import { Failure } from '../system/failure.ts';
import { hostInterfaceName } from '../system/journal.ts';
import { addResult } from './add-result.ts';
import { derivedMAC, planAttachment, portOf, type Plan } from './attachment-plan.ts';
import { exclusively, type Context } from './context.ts';
import { journalled, type Step } from './journalled.ts';
import { ipamSource, type Assignment } from './ipam-source.ts';
import { requestedIPs, requestedMAC } from './requests.ts';

/** ADD of a VLAN network: addresses, a veth pair, a port of the bridge, and the Pod's end up. All of it, or nothing. */
export async function add(context: Context): Promise<CniResult> {
  const { request, config } = context.call;
  const network = readVlanNetwork(config.raw, context.settings);
  const mac = requestedMAC(context.call, network.mac) ?? derivedMAC(request.containerID, request.ifname);
  refuseUnusableAddressing(context);
  return exclusively(context, request, () =>
    withNetns(request.netns, (netns) => addExclusively(context, { network, mac, netns })),
  );
}

async function addExclusively(context: Context, plan: Omit<Plan, 'hostInterface'>): Promise<CniResult> {
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
  const planned = (assignment: Assignment): Attachment =>
    planAttachment(context, { ...plan, hostInterface }, assignment);
  const attempt = { hostInterface, ipam: ipamSource(context), portOf: (one: Assignment) => portOf(planned(one)) };
  return journalled(context, attempt, async (assignment, undo) => {
    const attachment = planned(assignment);
    await wire(context, attachment, undo);
    context.log('info', 'attached', {
      hostInterface,
      bridge: attachment.port.bridge,
      ips: assignment.ips.map(({ address }) => address),
    });
    return addResult(context.call, attachment, assignment);
  });
}

async function wire(context: Context, attachment: Attachment, undo: Step[]): Promise<void> {
  const hostInterface = attachment.host.name;
  const unwire: Step = async () => throwFirst(await detach(context, { hostInterface, mark: attachment.mark }));
  try {
    await attach(context, attachment);
    undo.push(unwire);
  } catch (error) {
    undo.push(error instanceof OvsUnreachable ? async () => throwFirst(deleteLink(context, hostInterface)) : unwire);
    throw error;
  }
}

function throwFirst([failure]: readonly Failure[]): void {
  if (failure !== undefined) throw failure;
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

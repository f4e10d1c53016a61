import type { CniResult } from '../cni/result.ts';
import { atLeast } from '../cni/version.ts';
import { readVlanNetwork } from '../config/netconf.ts';
import { linkExists } from '../net/detach.ts';
import { withNetns } from '../net/netns.ts';
import { Failure } from '../system/failure.ts';
import { hostInterfaceName } from '../system/attachment-id.ts';
import { allOf } from '../system/try-all.ts';
import { addResult } from './add-result.ts';
import { derivedMAC, planAttachment, planPair, portOf, refuseOwnVlans, type Plan } from './attachment-plan.ts';
import type { Context } from './context.ts';
import { allExclusively } from './exclusive.ts';
import { journalled, type Assigned, type Attempt } from './journalled.ts';
import { ipamSource } from './ipam-source.ts';
import type { Member } from './member.ts';
import { naming } from './naming.ts';
import { isAsked, takeTurn } from './read-ahead.ts';
import { requestedIPs, requestedMAC } from './requests.ts';
import { beginWiring, entryInto, type Place, type Wired } from './wire.ts';

/** ADD of a VLAN network: addresses, a veth pair, a port of the bridge, and the Pod's end up. All of it, or nothing. */
export async function add(context: Context): Promise<CniResult> {
  const [result] = await addTogether(context, [{ context, label: '' }]);
  if (result === undefined) throw new TypeError('one network was asked for, and none is attached');
  return result;
}

/**
 * ADD of VLAN networks of one Pod: their addresses at the same time, and then everything else in one go. All, or none.
 * @param shared what they are wired through
 * @returns the results in the order of the members
 */
export async function addTogether(shared: Context, members: readonly Member[]): Promise<readonly CniResult[]> {
  const wishes = await allOf(members.map((member) => naming(member.label, async () => wishOf(member))));
  return withNetns(shared.call.request.netns, async (netns) => {
    const entry = entryInto(netns, shared);
    try {
      // What starts while files are worked on; a store that answers while it starts is asked first.
      if (!isAsked(shared)) void entry.process();
      const requests = members.map(({ context }) => context.call.request);
      const results = await allExclusively(shared, requests, async () => {
        if (isAsked(shared)) await takeTurn();
        const attempts = await allOf(wishes.map((wish) => naming(wish.label, async () => attemptOf(wish))));
        return attachAll({ shared, netns, process: entry.process }, attempts);
      });
      // It has done its work: nobody need wait for it.
      void entry.end();
      return results;
    } catch (error) {
      await entry.end();
      throw error;
    }
  });
}

type Wish = Member & Plan;

/** What can be refused before anything is made, is. */
function wishOf(member: Member): Wish {
  const { context } = member;
  const { request, config } = context.call;
  const network = readVlanNetwork(config.raw, context.settings);
  const mac = requestedMAC(context.call, network.mac) ?? derivedMAC(request.containerID, request.ifname);
  refuseUnusableAddressing(context);
  refuseOwnVlans(context, network);
  return { ...member, network, mac, hostInterface: hostInterfaceName(request) };
}

function attemptOf(wish: Wish): Wish & Attempt {
  const { context, hostInterface } = wish;
  const { request } = context.call;
  if (linkExists(context.files, hostInterface)) {
    throw new Failure(
      'wiring',
      `${request.ifname} of container ${request.containerID} is attached already, through ${hostInterface}`,
      {
        details: 'DEL comes before another ADD of the same interface',
      },
    );
  }
  return {
    ...wish,
    ipam: ipamSource(context),
    portOf: (assignment) => portOf(planAttachment(context, wish, assignment)),
  };
}

async function attachAll(place: Place, attempts: readonly (Wish & Attempt)[]): Promise<readonly CniResult[]> {
  return journalled(attempts, async (assign, undo) => {
    const members = attempts.map((attempt) => ({ ...attempt, pair: planPair(attempt.context, attempt) }));
    const assigning = isAsked(place.shared) ? assign() : undefined;
    const wiring = beginWiring(place, members, undo);
    const assigned = await (assigning ?? assign());
    const plans = await allOf(assigned.map((one) => naming(one.label, async () => planOf(one))));
    await wiring.finish(plans);
    return plans.map(({ context, attachment, assignment }) => {
      const { name: hostInterface, bridge } = attachment.port;
      context.log('info', 'attached', { hostInterface, bridge, ips: assignment.ips.map(({ address }) => address) });
      return addResult(context.call, attachment, assignment);
    });
  });
}

function planOf(wish: Assigned<Wish & Attempt>): Assigned<Wish & Attempt> & Wired {
  return { ...wish, attachment: planAttachment(wish.context, wish, wish.assignment) };
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

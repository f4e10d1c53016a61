import { detach, linkExists } from '../net/detach.ts';
import type { FoundPort } from '../net/ovs/ports.ts';
import { PortFailure } from '../net/port-failure.ts';
import { Failure } from '../system/failure.ts';
import { tryAll } from '../system/try-all.ts';
import { hostInterfaceName, type AttachmentID } from '../system/attachment-id.ts';
import type { JournalEntry } from '../system/journal.ts';
import type { Context } from './context.ts';
import { allExclusively } from './exclusive.ts';
import { markOf } from './marks.ts';
import { ipamSource } from './ipam-source.ts';
import { releaseOrLeave } from './left-to-agent.ts';
import type { Member } from './member.ts';
import { disownPort, forget, isOfAnother, ownEntry } from './own-entry.ts';

/**
 * DEL of a VLAN network. Everything is tried whatever fails, and what is gone already is no error. Nothing but the
 * identity of the attachment is needed: not the netns, nor the bridge, nor a configuration that would still pass ADD.
 */
export async function del(context: Context): Promise<void> {
  const troubles = await delTogether(context, [{ context, label: '' }]);
  await tryAll(
    troubles.map(({ error }) => async () => {
      throw error;
    }),
  );
}

/** What has gone wrong with a DEL, and which networks are not detached for that reason. */
export interface Trouble {
  readonly error: unknown;
  readonly about: readonly Member[];
}

/** DEL of VLAN networks of one Pod: each is detached whatever becomes of the others. */
export async function delTogether(shared: Context, members: readonly Member[]): Promise<readonly Trouble[]> {
  const requests = members.map(({ context }) => context.call.request);
  return allExclusively(shared, requests, async () => {
    const parts = members.filter(({ context }) => !isOfAnother(context, context.call.request)).map(partOf);
    for (const part of parts) await attempt(part, () => findPort(part));
    const own = parts.filter(({ member, port }) => isThisNetworks(member.context, port));
    await unwire(shared, own);
    await Promise.all(own.map((part) => attempt(part, () => releaseLast(part))));
    for (const part of parts) await attempt(part, async () => conclude(part));
    return troublesOf(parts);
  });
}

/** One of the attachments that are taken back. */
interface Part {
  readonly member: Member;
  readonly entry: JournalEntry | undefined;
  port: FoundPort | undefined;
  readonly errors: unknown[];
  /** Whether its addresses are the agent's to release. */
  isLeft: boolean;
}

function partOf(member: Member): Part {
  return {
    member,
    entry: ownEntry(member.context, member.context.call.request),
    port: undefined,
    errors: [],
    isLeft: false,
  };
}

async function attempt({ errors }: Part, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    errors.push(error);
  }
}

function conclude({ member: { context }, errors, isLeft }: Part): void {
  const { request } = context.call;
  if (errors.length > 0 || isLeft) {
    disownPort(context, request);
    return;
  }
  forget(context, request);
  context.log('info', 'detached');
}

function troublesOf(parts: readonly Part[]): readonly Trouble[] {
  const errors = new Set(parts.flatMap((part) => part.errors));
  return [...errors].map((error) => ({
    error,
    about: parts.filter((part) => part.errors.includes(error)).map(({ member }) => member),
  }));
}

/** In one go. An error that is about none of them in particular is about each. */
async function unwire(shared: Context, parts: readonly Part[]): Promise<void> {
  const wired = parts.filter(
    (part) => (part.entry ?? part.port) !== undefined || linkExists(shared.files, hostInterfaceOf(part)),
  );
  if (wired.length === 0) return;
  const mark = markOf(shared.call.request);
  for (const failure of await detach(shared, { hostInterfaces: wired.map(hostInterfaceOf), mark })) {
    const about = wired.filter((part) => !(failure instanceof PortFailure) || failure.port === hostInterfaceOf(part));
    for (const { errors } of about) errors.push(failure);
  }
}

function hostInterfaceOf({ member }: Part): string {
  return hostInterfaceName(member.context.call.request);
}

/** What OVS does not know, we take for ours. */
function isThisNetworks({ call }: Context, port: FoundPort | undefined): boolean {
  return port === undefined || port.owner.network === call.config.name;
}

/**
 * Removes the port and the link of an attachment.
 * @param known whether the journal or OVS has told that the port of that name is ours
 */
export async function removeWiring(
  context: Context,
  id: AttachmentID,
  { known }: { readonly known: boolean },
): Promise<void> {
  const hostInterface = hostInterfaceName(id);
  if (!known && !linkExists(context.files, hostInterface)) return;
  const [failure, ...more] = await detach(context, { hostInterfaces: [hostInterface], mark: markOf(id) });
  if (failure === undefined) return;
  throw more.length === 0
    ? failure
    : new Failure(failure.kind, [failure, ...more].map(({ message }) => message).join('; '));
}

/** The journal may be lost: the port tells as well. */
async function findPort(part: Part): Promise<void> {
  if (part.entry !== undefined) return;
  const { ovs, call } = part.member.context;
  const { containerID, ifname } = call.request;
  const ports = await ovs.findPorts({ name: hostInterfaceOf(part) });
  part.port = ports.find(({ owner }) => owner.containerID === containerID && owner.ifname === ifname);
}

async function releaseLast(part: Part): Promise<void> {
  part.isLeft = await releaseOrLeave(part.member.context, part.entry, () => releaseAddresses(part));
}

/** Last, and only when the Pod's end is gone: until then it could go on using them. */
async function releaseAddresses({ member: { context }, entry, port }: Part): Promise<void> {
  const { call, files } = context;
  const hostInterface = hostInterfaceName(call.request);
  if (linkExists(files, hostInterface)) {
    throw new Failure(
      'wiring',
      `the addresses of ${call.request.ifname} stay held while the link ${hostInterface} is there`,
    );
  }
  const previous = call.config.prevResult?.ips.map(({ address }) => address.split('/')[0] ?? '') ?? [];
  const addresses = [...(port?.owner.addresses.split(',') ?? []), ...previous].filter((address) => address !== '');
  await ipamSource(context).del({ entry, addresses });
}

import { detach, linkExists } from '../net/detach.ts';
import type { FoundPort } from '../net/ovs/ports.ts';
import { Failure } from '../system/failure.ts';
import { tryAll } from '../system/try-all.ts';
import { hostInterfaceName, type AttachmentID, type JournalEntry } from '../system/journal.ts';
import { exclusively, markOf, type Context } from './context.ts';
import { ipamSource } from './ipam-source.ts';
import { disownPort, forget, isOfAnother, ownEntry } from './own-entry.ts';

/**
 * DEL of a VLAN network. Everything is tried whatever fails, and what is gone already is no error. Nothing but the
 * identity of the attachment is needed: not the netns, nor the bridge, nor a configuration that would still pass ADD.
 */
export async function del(context: Context): Promise<void> {
  const { request } = context.call;
  await exclusively(context, request, async () => {
    if (isOfAnother(context, request)) return;
    const entry = ownEntry(context, request);
    let port: FoundPort | undefined;
    try {
      await tryAll([
        async () => {
          if (entry === undefined) port = await findOwnPort(context, request);
        },
        async () => {
          if (isThisNetworks(context, port))
            await removeWiring(context, request, { known: (entry ?? port) !== undefined });
        },
        async () => {
          if (isThisNetworks(context, port)) await releaseAddresses(context, entry, port);
        },
      ]);
    } catch (error) {
      disownPort(context, request);
      throw error;
    }
    forget(context, request);
    context.log('info', 'detached');
  });
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
  const [failure, ...more] = await detach(context, { hostInterface, mark: markOf(id) });
  if (failure === undefined) return;
  throw more.length === 0
    ? failure
    : new Failure(failure.kind, [failure, ...more].map(({ message }) => message).join('; '));
}

/** The journal may be lost: the port tells as well. */
async function findOwnPort({ ovs }: Context, { containerID, ifname }: AttachmentID): Promise<FoundPort | undefined> {
  const ports = await ovs.findPorts({ name: hostInterfaceName({ containerID, ifname }) });
  return ports.find(({ owner }) => owner.containerID === containerID && owner.ifname === ifname);
}

/** Last, and only when the Pod's end is gone: until then it could go on using them. */
async function releaseAddresses(
  context: Context,
  entry: JournalEntry | undefined,
  port: FoundPort | undefined,
): Promise<void> {
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

import { releaseAll } from '../ipam/release.ts';
import type { Allocation } from '../ipam/store.ts';
import { tryAll } from '../system/try-all.ts';
import type { AttachmentID } from '../system/attachment-id.ts';
import type { Context } from './context.ts';
import { exclusively, releaseDeadLocks } from './exclusive.ts';
import { removeWiring } from './del.ts';
import { ipamSource, notedSources } from './ipam-source.ts';
import { disownPort, forget, isOfAnother, ownEntry } from './own-entry.ts';
import { settle } from './unsettled.ts';
import { readValidAttachments } from './valid-attachments.ts';

/** What is left of an attachment that is not valid any more. */
interface Remains {
  readonly id: AttachmentID;
  wired: boolean;
  readonly allocations: Allocation[];
}

interface Scope {
  /** Whether this network's attachments have a port and a link besides their addresses. */
  readonly wiring: boolean;
}

/**
 * GC: removes what this network has on this Node for attachments that are not in the list of valid ones, and nothing
 * else. The journal, the ports and the store each know attachments that the others may have lost.
 */
export async function gc(context: Context, scope: Scope): Promise<void> {
  const isValid = readValidAttachments(context.call.config.raw);
  const remains = remainsOf(isValid);
  await tryAll([
    async () => fromJournal(context, remains),
    async () => {
      if (scope.wiring) await fromPorts(context, remains);
    },
    () => fromStore(context, remains),
    () => tryAll(remains.list().map((one) => () => remove(context, scope, one))),
    () => ipamSource(context).gc(),
    () => settle(context),
    () => releaseDeadLocks(context),
    async () => context.sweep(),
  ]);
  context.log('info', 'garbage collected', { attachments: remains.list().length });
}

interface Collection {
  /** undefined for an attachment that is valid. */
  of(id: AttachmentID): Remains | undefined;
  list(): readonly Remains[];
}

function remainsOf(isValid: (id: AttachmentID) => boolean): Collection {
  const all = new Map<string, Remains>();
  return {
    list: () => [...all.values()],
    of: ({ containerID, ifname }) => {
      const id = { containerID, ifname };
      if (isValid(id)) return undefined;
      const key = JSON.stringify([containerID, ifname]);
      const remains = all.get(key) ?? { id, wired: false, allocations: [] };
      all.set(key, remains);
      return remains;
    },
  };
}

function fromJournal({ journal, call }: Context, remains: Collection): void {
  for (const entry of journal.list()) {
    if (entry.network !== call.config.name) continue;
    const one = remains.of(entry);
    if (one !== undefined && entry.hostInterface !== '') one.wired = true;
  }
}

async function fromPorts({ ovs, call }: Context, remains: Collection): Promise<void> {
  for (const { owner } of await ovs.findPorts({ network: call.config.name })) {
    const one = remains.of(owner);
    if (one !== undefined) one.wired = true;
  }
}

/**
 * The file store is this Node's own: whatever it holds is of this Node, whatever name the Node had. That of a cluster
 * has the attachments of all Nodes, and the list of valid ones those of this Node.
 */
async function fromStore({ store, settings, call }: Context, remains: Collection): Promise<void> {
  const node = settings.store.kind === 'file' ? {} : { node: settings.nodeName };
  for await (const allocation of store.find({ network: call.config.name, ...node })) {
    const { containerID, ifName } = allocation.owner.pod;
    remains.of({ containerID, ifname: ifName })?.allocations.push(allocation);
  }
}

async function remove(context: Context, scope: Scope, { id, wired, allocations }: Remains): Promise<void> {
  await exclusively(context, id, async () => {
    const isOurs = !isOfAnother(context, id);
    if (isOurs) disownPort(context, id);
    // The link may be all that is left of the wiring. While it is there, the addresses may be in use. And what another
    // plugin has addresses for now may have been a port of ours, when the network's type was another one.
    if ((scope.wiring || wired) && isOurs) await removeWiring(context, id, { known: wired });
    await releaseAll(context.store, allocations);
    await releaseNoted(context, id);
    forget(context, id);
  });
}

/** The store may not have told, as when it is away: then the journal must not forget what it alone knows. */
async function releaseNoted(context: Context, id: AttachmentID): Promise<void> {
  const entry = ownEntry(context, id);
  if (entry === undefined) return;
  const { call } = context;
  const request = { ...call.request, ...id };
  const noted = notedSources({ ...context, call: { ...call, request } }, entry);
  await tryAll(noted.map((source) => () => source.del({ entry, addresses: [] })));
}

import type { AttachmentID } from '../system/attachment-id.ts';
import type { JournalEntry } from '../system/journal.ts';
import type { Context } from './context.ts';
import { rememberUnsettled } from './unsettled.ts';

/**
 * What the journal has of an attachment to this network. Another network may have the interface of that name: after an
 * ADD that failed for that reason comes a DEL, which must leave the other one's alone.
 */
export function ownEntry(context: Pick<Context, 'journal' | 'call'>, id: AttachmentID): JournalEntry | undefined {
  const entry = context.journal.read(id);
  return entry?.network === context.call.config.name ? entry : undefined;
}

/** Whether the journal gives the interface to another network. */
export function isOfAnother({ journal, call }: Pick<Context, 'journal' | 'call'>, id: AttachmentID): boolean {
  const entry = journal.read(id);
  return entry !== undefined && entry.network !== call.config.name;
}

/** What could not be taken away is not to be put back by the agent, as what Open vSwitch has lost is. */
export function disownPort({ journal }: Pick<Context, 'journal'>, id: AttachmentID): void {
  const entry = journal.read(id);
  if (entry?.port !== undefined) journal.write({ ...entry, port: undefined });
}

export function forget(context: Context, id: AttachmentID): void {
  if (isOfAnother(context, id)) return;
  rememberUnsettled(context, ownEntry(context, id));
  context.journal.remove(id);
}

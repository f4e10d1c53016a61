import { formatAddress } from '../ipam/address.ts';
import { releaseFound } from '../ipam/release.ts';
import type { Allocation } from '../ipam/store.ts';
import { messageOf } from '../system/failure.ts';
import type { Files } from '../system/files.ts';
import { tryAll } from '../system/try-all.ts';
import { isJsonObject } from '../system/json-object.ts';
import { attachmentKey } from '../system/attachment-id.ts';
import type { JournalEntry } from '../system/journal.ts';
import { keptText, readKept } from '../system/kept-file.ts';
import type { Context } from './context.ts';
import { exclusively } from './exclusive.ts';

/**
 * An attachment that is gone, whose ADD was killed or got no answer while it created an address: the request may still
 * be on its way, and be done after DEL has found nothing. So it is remembered, and looked for once more when nothing
 * can be on its way any longer.
 */
interface Unsettled extends Pick<JournalEntry, 'network' | 'containerID' | 'ifname' | 'pools'> {
  /** When DEL or GC has found nothing (any more): milliseconds since 1970. */
  readonly since: number;
}

/** The API server gives up after the 5 s that a request names; proxies keep one for longer, but hardly for a minute. */
const lateness = 60_000;

/** Called when the journal's entry of an attachment is about to go. A file store does at once what it is told, or never. */
export function rememberUnsettled({ settings, files }: Context, entry: JournalEntry | undefined): void {
  if (settings.store.kind === 'file' || entry === undefined || entry.confirmed) return;
  const { network, containerID, ifname, pools } = entry;
  const record: Unsettled = { network, containerID, ifname, pools, since: Date.now() };
  files.replace(`${folderOf(settings)}/${attachmentKey(entry)}.json`, keptText(record));
}

/**
 * Releases what has been created late. One look into a folder if there is nothing to be looked for.
 * @throws Failure when the store cannot be asked: then the next call tries again
 */
export async function settle(context: Context): Promise<void> {
  const folder = folderOf(context.settings);
  const names = context.files.list(folder).filter((name) => name.endsWith('.json'));
  await tryAll(names.map((name) => () => settleOne(context, `${folder}/${name}`)));
}

async function settleOne(context: Context, path: string): Promise<void> {
  const { files } = context;
  const record = readDue(files, path);
  if (record === undefined) return;
  await exclusively(context, record, async () => {
    // Of a hundred calls at once, one looks for it; and an attachment that has come and gone again has a time of its own.
    if (readDue(files, path) === undefined) return;
    await releaseLate(context, record);
    files.remove(path);
  });
}

/** undefined when it is too early. Of one that cannot be read, nothing is known that could be done. */
function readDue(files: Pick<Files, 'readIfThere' | 'remove'>, path: string): Unsettled | undefined {
  const record = readKept(files.readIfThere(path), isUnsettled);
  if (record === undefined) files.remove(path);
  // Also when it is to come: then somebody has set the clock back, by years maybe.
  return record !== undefined && Math.abs(Date.now() - record.since) >= lateness ? record : undefined;
}

/** Milliseconds: enough for an API server that answers. While it is away, no DEL is to wait for what it did not ask for. */
const patience = 5000;

/** For a verb that has done what it was called for, and has nothing else to do. */
export async function settleIfPossible(context: Context): Promise<void> {
  context.deadline.shorten(patience);
  try {
    await settle(context);
  } catch (error) {
    context.log('warn', 'what may have been created late could not be looked for', { error: messageOf(error) });
  }
}

async function releaseLate({ store, journal, log }: Context, record: Unsettled): Promise<void> {
  const { network, containerID, ifname, pools } = record;
  const again = journal.read(record);
  // Its own DEL will look for everything.
  if (again?.confirmed === false) return;
  const isGarbage = ({ pool, address }: Allocation): boolean =>
    again?.addresses.some((one) => one.pool === pool && one.address === formatAddress(address)) !== true;
  const filter = { network, containerID, ifName: ifname };
  const released = await releaseFound({ store, filter, pools, isGarbage });
  if (released.length > 0) log('warn', 'released what was created late', { containerID, ifname, network });
}

function folderOf({ dataDir }: Context['settings']): string {
  return `${dataDir}/unsettled`;
}

function isUnsettled(value: unknown): value is Unsettled {
  if (!isJsonObject(value)) return false;
  const { pools, since } = value;
  const texts = ['network', 'containerID', 'ifname'].every((key) => typeof value[key] === 'string');
  return texts && Array.isArray(pools) && pools.every((pool) => typeof pool === 'string') && typeof since === 'number';
}

import { locksFolder } from '../../config/node-folders.ts';
import { linkExists } from '../../net/detach.ts';
import type { Files } from '../../system/files.ts';
import { attachmentKey, hostInterfaceOf, type AttachmentID } from '../../system/attachment-id.ts';
import type { Log } from '../../system/log.ts';
import { isHeldBy } from './look.ts';
import type { CleanupMetrics } from './metrics.ts';

export interface DamagedOptions {
  readonly files: Pick<Files, 'list' | 'exists' | 'remove'>;
  readonly dataDir: string;
  /** Milliseconds for which an attachment has to have nothing else before its entry goes. */
  readonly patience: number;
  readonly metrics: Pick<CleanupMetrics, 'damaged' | 'removed'>;
  readonly log: Log;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** What else this Node has of attachments. */
export interface Known {
  /** That can be read. */
  readonly entries: readonly AttachmentID[];
  readonly records: readonly AttachmentID[];
  /** Whose ports, and whose addresses, are there. */
  readonly holders: readonly AttachmentID[];
  /** Whether `holders` has all of them, as they were after that time. */
  readonly isWhole: (since: number) => boolean;
}

/**
 * Tells of entries of the journal, and of records of Pods, that cannot be read: torn by a power failure, or somebody
 * else's. Of an entry, the name of its file tells whether the attachment has a link, a port or an address still; one that
 * has none is no use to anybody, and goes. What a record's Pod has is not known by its name.
 * @returns one look, for each time that it is called
 */
export function createDamagedLook(options: DamagedOptions): (known: Known) => void {
  const { metrics, clock } = options;
  const attachments = watchFolder(options, 'attachments');
  const sandboxes = watchFolder(options, 'sandboxes');
  return (known) => {
    const damaged = attachments(known.entries);
    metrics.damaged({ attachment: damaged.size, sandbox: sandboxes(known.records).size });
    if (damaged.size === 0) return;
    const held = new Set(known.holders.map(attachmentKey));
    for (const [key, since] of damaged) {
      const isDue = clock() - since >= options.patience && known.isWhole(since);
      if (isDue && !held.has(key) && isOver(options, key)) removeEntry(options, key);
    }
  };
}

/** @returns one look: the keys of what cannot be read, with the time of the first of at least two sightings */
function watchFolder(
  { files, dataDir, log, clock }: DamagedOptions,
  folder: string,
): (readable: readonly AttachmentID[]) => ReadonlyMap<string, number> {
  let seen: ReadonlyMap<string, number> = new Map();
  let told: ReadonlySet<string> = new Set();
  return (readable) => {
    const known = new Set(readable.map(attachmentKey));
    const names = files.list(`${dataDir}/${folder}`).filter((name) => name.endsWith('.json'));
    const keys = names.map((name) => name.slice(0, -'.json'.length)).filter((key) => !known.has(key));
    // What is there for the first time may have been written since the others were read.
    const damaged = new Map([...seen].filter(([key]) => keys.includes(key)));
    seen = new Map(keys.map((key) => [key, seen.get(key) ?? clock()]));
    for (const key of damaged.keys()) {
      const path = `${dataDir}/${folder}/${key}.json`;
      if (!told.has(key))
        log('warn', 'a record of the plugin cannot be read: what it is about may stay behind', { path });
    }
    told = new Set(damaged.keys());
    return damaged;
  };
}

function isOver({ files, dataDir }: DamagedOptions, key: string): boolean {
  return !linkExists(files, hostInterfaceOf(key)) && !files.list(`${locksFolder(dataDir)}/${key}`).some(isHeldBy);
}

function removeEntry({ files, dataDir, metrics, log }: DamagedOptions, key: string): void {
  const path = `${dataDir}/attachments/${key}.json`;
  files.remove(path);
  metrics.removed('entry');
  log('info', 'removed an entry that cannot be read: its attachment has nothing any more', { path });
}

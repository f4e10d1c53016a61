import { locksFolder } from '../config/node-folders.ts';
import { attachmentKey, type AttachmentID } from '../system/attachment-id.ts';
import { Failure } from '../system/failure.ts';
import type { Files } from '../system/files.ts';
import { withLock } from '../system/lock.ts';
import type { Context } from './context.ts';
import { endProcessesOf } from './marks.ts';

/** How many calls of this Node hold or want the lock of their attachment now. */
export function callsUnderWay(files: Pick<Files, 'list'>, dataDir: string): number {
  return files.list(locksFolder(dataDir)).length;
}

/**
 * Runs `work` while no other call works on the same attachment. What a killed call has left running is ended first,
 * lest it add a port that DEL has just removed.
 */
export async function exclusively<T>(context: Context, id: AttachmentID, work: () => Promise<T>): Promise<T> {
  return whileLocked(context, { key: attachmentKey(id), timeout: context.deadline.remaining() }, work);
}

/** The same for several attachments of one Pod. */
export async function allExclusively<T>(
  context: Context,
  [id, ...others]: readonly AttachmentID[],
  work: () => Promise<T>,
): Promise<T> {
  return id === undefined ? work() : exclusively(context, id, () => allExclusively(context, others, work));
}

/**
 * Tidies up after killed calls of which nothing but a lock is left: neither the journal nor OVS nor the store knows of
 * their attachments.
 */
export async function releaseDeadLocks(context: Context): Promise<void> {
  for (const key of context.files.list(locksFolder(context.settings.dataDir))) {
    try {
      await whileLocked(context, { key, timeout: 0 }, async () => {});
    } catch (error) {
      // Its holder lives.
      if (!(error instanceof Failure) || error.kind !== 'unavailable') throw error;
    }
  }
}

async function whileLocked<T>(
  context: Context,
  { key, timeout }: { readonly key: string; readonly timeout: number },
  work: () => Promise<T>,
): Promise<T> {
  const { settings, journal, call } = context;
  const onDeadHolder = (): void => {
    endProcessesOf(key, context.pause);
    journal.tidy(key);
  };
  return withLock(
    {
      folder: `${locksFolder(settings.dataDir)}/${key}`,
      timeout,
      pause: context.pause,
      onDeadHolder,
      evenIfFull: call.request.command !== 'ADD',
    },
    work,
  );
}

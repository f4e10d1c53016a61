import type { Call } from '../cni/dispatch.ts';
import type { NodeSettings } from '../config/node-file.ts';
import type { Store } from '../ipam/store.ts';
import type { OvsOptions } from '../net/ovs.ts';
import type { Exec } from '../system/exec.ts';
import type { Files } from '../system/files.ts';
import { attachmentKey, type AttachmentID, type Journal } from '../system/journal.ts';
import { withLock } from '../system/lock.ts';
import type { Log } from '../system/log.ts';
import { endMarked } from '../system/processes.ts';
import type { Deadline } from '../system/time.ts';

/** Everything that a verb reads and acts through. */
export interface Context {
  readonly call: Call;
  /** Last component of the name that we were called by: what `type` and `ipam.type` must be to mean us. */
  readonly ownType: string;
  readonly settings: NodeSettings;
  readonly store: Store;
  readonly journal: Journal;
  /** Removes what dead processes have left half-made in the store; only GC has time for it. */
  readonly sweep: () => void;
  readonly ovs: OvsOptions;
  readonly files: Files;
  readonly exec: Exec;
  readonly pause: (milliseconds: number) => void;
  readonly deadline: Deadline;
  readonly log: Log;
}

const markVariable = 'ANTREA_ATTACHMENT';

/** In the environment of every process of an attachment: one that outlives its plugin is found by it. */
export function markOf(id: AttachmentID): Readonly<Record<string, string>> {
  return { [markVariable]: attachmentKey(id) };
}

/** How many calls of this Node hold or want the lock of their attachment now. */
export function callsUnderWay(files: Pick<Files, 'list'>, dataDir: string): number {
  return files.list(lockFolder(dataDir)).length;
}

function lockFolder(dataDir: string): string {
  return `${dataDir}/locks`;
}

/**
 * Runs `work` while no other call works on the same attachment. What a killed call has left running is ended first,
 * lest it add a port that DEL has just removed.
 */
export async function exclusively<T>(
  { settings, deadline, pause }: Context,
  id: AttachmentID,
  work: () => Promise<T>,
): Promise<T> {
  const key = attachmentKey(id);
  const folder = `${lockFolder(settings.dataDir)}/${key}`;
  return withLock(
    { folder, timeout: deadline.remaining(), pause, onDeadHolder: () => endMarked(markVariable, key, pause) },
    work,
  );
}

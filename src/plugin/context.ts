import type { Call } from '../cni/dispatch.ts';
import type { NodeSettings } from '../config/node-file.ts';
import type { Store } from '../ipam/store.ts';
import type { OvsDriver } from '../net/ovs/driver.ts';
import type { Exec, Outcome, RunOptions } from '../system/exec.ts';
import { Failure } from '../system/failure.ts';
import type { Files } from '../system/files.ts';
import { attachmentKey, type AttachmentID } from '../system/attachment-id.ts';
import type { Journal } from '../system/journal.ts';
import { withLock } from '../system/lock.ts';
import type { Log } from '../system/log.ts';
import { endMarked } from '../system/processes.ts';
import type { Start } from '../system/start.ts';
import { pause, type Deadline } from '../system/time.ts';

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
  readonly ovs: OvsDriver;
  readonly files: Files;
  readonly exec: Exec;
  readonly start: Start;
  readonly pause: (milliseconds: number) => void;
  readonly deadline: Deadline;
  readonly log: Log;
}

/**
 * As `exec`, but a program that is killed because it takes too long takes along what it has started, if that carries an
 * attachment's mark: it would go on by itself.
 */
export function thorough(exec: Exec): Exec {
  return (command, args, options) => thoroughly(exec(command, args, options), options);
}

/** The same for programs that go on. */
export function thoroughStart(start: Start): Start {
  return (command, args, options) => {
    const running = start(command, args, options);
    return { ...running, end: async () => thoroughly(await running.end(), options) };
  };
}

function thoroughly(outcome: Outcome, { env }: Pick<RunOptions, 'env'>): Outcome {
  const mark = env?.[markVariable];
  if (outcome.timedOut && mark !== undefined) endMarked(markVariable, mark, pause);
  return outcome;
}

const markVariable = 'ANTREA_ATTACHMENT';

/** In the environment of every process of an attachment: one that outlives its plugin is found by it. */
export function markOf(id: AttachmentID): Readonly<Record<string, string>> {
  return { [markVariable]: attachmentKey(id) };
}

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
      if (!(error instanceof Failure)) throw error;
    }
  }
}

async function whileLocked<T>(
  context: Context,
  { key, timeout }: { readonly key: string; readonly timeout: number },
  work: () => Promise<T>,
): Promise<T> {
  const { settings, journal } = context;
  const onDeadHolder = (): void => {
    endMarked(markVariable, key, context.pause);
    journal.tidy(key);
  };
  return withLock(
    { folder: `${locksFolder(settings.dataDir)}/${key}`, timeout, pause: context.pause, onDeadHolder },
    work,
  );
}

function locksFolder(dataDir: string): string {
  return `${dataDir}/locks`;
}

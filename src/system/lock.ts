import fs from 'node:fs';
import { Failure, systemCode } from './failure.ts';
import { files, unlessMissing, unwritable } from './files.ts';
import { makeFolder } from './make-folder.ts';
import { isAlive, ownProcess, type ProcessID } from './processes.ts';
import { monotonicNow } from './time.ts';

export interface LockOptions {
  /** Folder of the lock: it exists only while somebody holds or wants the lock. */
  readonly folder: string;
  /** Milliseconds to wait for a living holder. */
  readonly timeout: number;
  readonly pause: (milliseconds: number) => void;
  /** Called before the lock is ours when a holder died: what it had started may go on. */
  readonly onDeadHolder: () => void;
  /**
   * Whether to go on, unless another process holds the lock, where the disk has no room for it: for who takes away, which
   * makes room. Default: false.
   */
  readonly evenIfFull?: boolean;
}

/**
 * Runs `work` while no other process holds the lock.
 *
 * Everyone who wants it puts a file with his own process into the folder and then looks around: if a living other is
 * there, he takes his file back and tries again. Two can never both see themselves alone. A file is of one process for
 * all time (pid and start time), so the files of the dead can be removed by anyone without hitting a living one.
 * (Node has no flock(2); a file with a pid that is stolen when stale is a race between two thieves.)
 * @throws Failure `unavailable` when a living holder keeps it
 */
export async function withLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T> {
  const own = ownProcess();
  acquire(options, own);
  try {
    return await work();
  } finally {
    release(options.folder, own);
  }
}

/**
 * The same for who touches nothing that is not in order: does nothing when another process has its file there, be it
 * dead, unless that has signed it in the same way. Within one process it keeps nobody out.
 * @param sign what the file holds
 * @returns undefined when it has done nothing
 */
export async function withFreeLock<T>(
  { folder, sign }: Pick<LockOptions, 'folder'> & { readonly sign: string },
  work: () => Promise<T>,
): Promise<T | undefined> {
  const own = ownProcess();
  announce(folder, own, sign);
  try {
    const others = holders(folder).filter(({ pid, started }) => pid !== own.pid || started !== own.started);
    const [left, strange] = [others.filter(isLeft), others.filter((one) => !isLeft(one))];
    for (const dead of left) remove(fileOf(folder, dead));
    return strange.length === 0 ? await work() : undefined;
  } finally {
    release(folder, own);
  }

  function isLeft(holder: ProcessID): boolean {
    return !isAlive(holder) && unlessMissing(() => fs.readFileSync(fileOf(folder, holder), 'utf8')) === sign;
  }
}

function acquire(options: LockOptions, own: ProcessID): void {
  const { folder, timeout, pause, onDeadHolder } = options;
  const deadline = monotonicNow() + timeout;
  for (;;) {
    announceIfRoom(options, own);
    const others = holders(folder).filter(({ pid, started }) => pid !== own.pid || started !== own.started);
    const living = others.filter(isAlive);
    if (living.length === 0) {
      if (others.length > 0) onDeadHolder();
      for (const dead of others) remove(fileOf(folder, dead));
      return;
    }
    release(folder, own);
    if (monotonicNow() >= deadline) {
      throw new Failure('unavailable', `another call for this attachment is still running (process ${living[0]?.pid})`);
    }
    pause(2 + Math.random() * 10);
  }
}

function announceIfRoom({ folder, evenIfFull = false }: LockOptions, own: ProcessID): void {
  try {
    announce(folder, own);
  } catch (error) {
    const { cause } = error instanceof Failure ? error : {};
    if (!evenIfFull || !['ENOSPC', 'EDQUOT'].includes(systemCode(cause) ?? '')) throw error;
  }
}

function announce(folder: string, own: ProcessID, sign = ''): void {
  try {
    while (!signedIn(fileOf(folder, own), sign)) makeFolder(folder);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/** False when the folder is missing, or was removed by the last one who left. */
function signedIn(file: string, sign: string): boolean {
  try {
    fs.writeFileSync(file, sign, { mode: 0o600 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function holders(folder: string): readonly ProcessID[] {
  return files.list(folder).map((name) => {
    const [pid = '', started = ''] = name.split('.');
    return { pid: Number(pid), started };
  });
}

function release(folder: string, own: ProcessID): void {
  remove(fileOf(folder, own));
  try {
    fs.rmdirSync(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'ENOENT', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
  }
}

function remove(file: string): void {
  fs.rmSync(file, { force: true });
}

function fileOf(folder: string, { pid, started }: ProcessID): string {
  return `${folder}/${pid}.${started}`;
}

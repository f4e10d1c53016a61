import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Failure, messageOf, systemCode } from '../../system/failure.ts';
import { unlessMissing } from '../../system/files.ts';
import { isAlive, ownProcess } from '../../system/processes.ts';

export interface WholeFile {
  readonly path: string;
  /** Permissions, whatever the umask. */
  readonly mode: number;
  /** Puts the content into a file of its own in the same folder, which does not exist yet. */
  readonly fill: (temporary: string) => void;
}

/**
 * Puts a file in its place in one step, and onto the disk before: a reader, or whoever comes after a crash, sees the
 * whole old one or the whole new one. Nothing is written into the old one, so a program may be running it.
 * The name in between is one that no container runtime takes for a configuration.
 * @throws Failure `io`
 */
export function putWhole({ path, mode, fill }: WholeFile): void {
  const { pid, started } = ownProcess();
  const temporary = join(dirname(path), `.${basename(path)}.${pid}.${started}.tmp`);
  try {
    fs.mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    removeLeftovers(path);
    fill(temporary);
    fs.chmodSync(temporary, mode);
    flush(temporary);
    fs.renameSync(temporary, path);
    flush(dirname(path));
  } catch (cause) {
    discard(temporary);
    throw writeFailure(path, cause);
  }
}

/** The first error tells more. */
function discard(temporary: string): void {
  try {
    fs.rmSync(temporary, { force: true });
  } catch {
    // Its folder is none.
  }
}

/** The same, of a text. */
export function putText(path: string, text: string, mode: number): void {
  putWhole({ path, mode, fill: (temporary) => fs.writeFileSync(temporary, text, { mode: 0o600, flag: 'w' }) });
}

/** @returns undefined when there is none @throws Failure `io` */
export function readFile(path: string): Buffer | undefined {
  try {
    return unlessMissing(() => fs.readFileSync(path));
  } catch (cause) {
    throw new Failure('io', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** @returns whether it was there @throws Failure `io` */
export function removeFile(path: string): boolean {
  try {
    removeLeftovers(path);
    fs.unlinkSync(path);
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw new Failure('io', `${path} cannot be removed: ${messageOf(cause)}`, { cause });
  }
}

/**
 * What processes that were killed have left. One that lives elsewhere (in another container, with process numbers of
 * its own) may be taken for dead: it fails then, and nothing is torn, because no two have the same name.
 */
export function removeLeftovers(path: string): void {
  const start = `.${basename(path)}.`;
  for (const name of namesIn(dirname(path))) {
    const match = name.startsWith(start) ? /^(\d+)\.(\d+)\.tmp$/.exec(name.slice(start.length)) : null;
    if (match === null || isAlive({ pid: Number(match[1]), started: match[2] ?? '' })) continue;
    fs.rmSync(join(dirname(path), name), { force: true });
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function flush(path: string): void {
  const descriptor = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function writeFailure(path: string, cause: unknown): Failure {
  return new Failure('io', `${path} cannot be written: ${messageOf(cause)}`, {
    cause,
    details: systemCode(cause) === 'EROFS' ? 'name another folder, one that can be written' : '',
  });
}

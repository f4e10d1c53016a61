import fs from 'node:fs';

import { Failure, messageOf, systemCode } from '../../system/failure.ts';

/** Runs file-system calls; what they throw becomes a Failure `io` that names the path and what is to be done. */
export function withPath<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('io', `${path}: ${messageOf(error)}; expected a writable directory of this store there`, {
      cause: error,
    });
  }
}

/** Whether `run` succeeded; false if it failed with one of the system error codes, which mean that there is nothing to do. */
export function unless(codes: readonly string[], run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (codes.includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}

/** The names in a directory; none if it does not exist. */
export function namesIn(path: string): readonly string[] {
  let names: readonly string[] = [];
  unless(['ENOENT'], () => {
    names = fs.readdirSync(path);
  });
  return names;
}

/**
 * The text of a file; undefined if it does not exist.
 * @throws Failure `io` that names the path, which the system's own words about a read do not
 */
export function textIn(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(cause) ?? '')) return undefined;
    throw new Failure('io', `${path} cannot be read: ${messageOf(cause)}; expected a file of this store`, { cause });
  }
}

/** Writes a new file and waits until the disk has it. */
export function writeDurably(path: string, text: string): void {
  const descriptor = fs.openSync(path, 'wx', 0o600);
  try {
    fs.writeFileSync(descriptor, text);
    fs.fdatasyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** A name that no process of this machine has used or will use, beginning with this process's id. */
export function uniqueName(): string {
  counter += 1;
  const random = Math.floor(Math.random() * 2 ** 32).toString(36);
  return `${process.pid}-${Date.now().toString(36)}-${counter.toString(36)}-${random}`;
}

let counter = 0;

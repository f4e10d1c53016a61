import fs from 'node:fs';
import { systemCode } from './failure.ts';
import { makeFolder } from './make-folder.ts';

/** Effects on the file system, synchronous: a start of the plugin does one thing at a time, and fs/promises costs 2 ms to load. */
export interface Files {
  read(path: string): Buffer;
  /** undefined when there is no such file. */
  readIfThere(path: string): Buffer | undefined;
  exists(path: string): boolean;
  /** Names in a folder; none when there is no such folder. */
  list(path: string): readonly string[];
  /** Replaces the file in one step: a reader, or a crash, sees the old content or the new. Makes the folder when it is missing. */
  replace(path: string, content: string): void;
  /** No error when it is gone already. */
  remove(path: string): void;
  append(path: string, content: string): void;
}

export const files: Files = { read, readIfThere, exists: fs.existsSync, list, replace, remove, append };

function read(path: string): Buffer {
  return fs.readFileSync(path);
}

function readIfThere(path: string): Buffer | undefined {
  return unlessMissing(() => fs.readFileSync(path));
}

function list(path: string): readonly string[] {
  return unlessMissing(() => fs.readdirSync(path)) ?? [];
}

function replace(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, content, { mode: 0o600 });
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    makeFolder(path.slice(0, path.lastIndexOf('/')));
    fs.writeFileSync(temporary, content, { mode: 0o600 });
  }
  fs.renameSync(temporary, path);
}

function remove(path: string): void {
  unlessMissing(() => fs.unlinkSync(path));
}

function append(path: string, content: string): void {
  fs.appendFileSync(path, content, { mode: 0o600 });
}

/** The outcome of `operation`, or undefined when the path does not exist. */
export function unlessMissing<T>(operation: () => T): T | undefined {
  try {
    return operation();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

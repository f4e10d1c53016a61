import fs from 'node:fs';
import { Failure, messageOf, systemCode } from './failure.ts';
import { makeFolder } from './make-folder.ts';

/** Effects on the file system, synchronous: a start of the plugin does one thing at a time, and fs/promises costs 2 ms to load. */
export interface Files {
  read(path: string): Buffer;
  /** undefined when there is no such file. */
  readIfThere(path: string): Buffer | undefined;
  exists(path: string): boolean;
  /** Whether it is a file, and may be run. */
  isProgram(path: string): boolean;
  /** Names in a folder; none when there is no such folder. */
  list(path: string): readonly string[];
  /** Replaces the file in one step: a reader, or a crash, sees the old content or the new. Makes the folder when it is missing. */
  replace(path: string, content: string): void;
  /**
   * Adds to the end of a file. A crash, or a full disk, leaves a part of it. @param most bytes that the file may have before
   * @returns false when there is no such file, or it is longer
   */
  append(path: string, content: string, most: number): boolean;
  /** No error when it is gone already. */
  remove(path: string): void;
}

export const files: Files = { read, readIfThere, exists: fs.existsSync, isProgram, list, replace, append, remove };

function read(path: string): Buffer {
  return fs.readFileSync(path);
}

function readIfThere(path: string): Buffer | undefined {
  return unlessMissing(() => fs.readFileSync(path));
}

function isProgram(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK);
    return fs.statSync(path).isFile();
  } catch {
    return false;
  }
}

function list(path: string): readonly string[] {
  return unlessMissing(() => fs.readdirSync(path)) ?? [];
}

function replace(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeSomewhere(temporary, content);
    fs.renameSync(temporary, path);
  } catch (cause) {
    discard(temporary);
    throw unwritable(path, cause);
  }
}

function append(path: string, content: string, most: number): boolean {
  const { O_WRONLY, O_APPEND } = fs.constants;
  try {
    const file = unlessMissing(() => fs.openSync(path, O_WRONLY | O_APPEND));
    if (file === undefined) return false;
    try {
      if (fs.fstatSync(file).size > most) return false;
      fs.writeFileSync(file, content);
      return true;
    } finally {
      fs.closeSync(file);
    }
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Makes the folder when it is missing. */
function writeSomewhere(path: string, content: string): void {
  try {
    fs.writeFileSync(path, content, { mode: 0o600 });
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    makeFolder(path.slice(0, path.lastIndexOf('/')));
    fs.writeFileSync(path, content, { mode: 0o600 });
  }
}

/** What a full disk has left of a file; on one that cannot be written there is nothing. */
function discard(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch {
    // The first error is the one to tell.
  }
}

/** What the system says of a write names no file, as often as not. */
export function unwritable(path: string, cause: unknown): Failure {
  const details = 'expected a folder that can be written, with space left: df -h, df -i';
  return new Failure('io', `${path} cannot be written: ${messageOf(cause)}`, { cause, details });
}

function remove(path: string): void {
  unlessMissing(() => fs.unlinkSync(path));
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

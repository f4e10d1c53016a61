import fs from 'node:fs';

import { Failure, systemCode } from '../../system/failure.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { namesIn, unless, uniqueName, writeDurably } from './files.ts';
import { tmpDir } from './paths.ts';

/**
 * A claim is a directory that holds one file, `<id>.json`, which says whose it is. Every step is one
 * system call, atomic among processes, and no process has to be alive for another to go on:
 *
 * - Claiming renames a prepared directory to the claim's name. rename(2) replaces a directory only
 *   if that is empty, so of many claimants one succeeds, and the file is complete when it appears.
 * - Releasing unlinks `<id>.json`, then removes the directory if it is empty. An id is never used
 *   twice, so a release cannot hit a later claim of the same name: compare-and-delete without a lock.
 *   (With one plain file per claim, between comparing and unlinking another process could release
 *   it and a third one claim it anew. Closing that gap takes locks, and locks outlive their holders.)
 * - A process that dies leaves a prepared directory in tmp/, which nobody looks at and `sweep`
 *   removes; or a claim; or an empty directory, which is free: the next claim replaces it.
 */
export interface Prepared {
  readonly id: string;
  readonly dir: string;
}

/** Writes what a claim will hold, durably, where nobody looks. */
export function prepareClaim(dataDir: string, text: string): Prepared {
  const id = uniqueName();
  return prepareClaimAs(dataDir, { id, text });
}

export function prepareClaimAs(
  dataDir: string,
  { id, text }: { readonly id: string; readonly text: string },
): Prepared {
  const dir = `${tmpDir(dataDir)}/ipam-${id}`;
  const made = unless(['ENOENT'], () => fs.mkdirSync(dir, 0o700));
  if (!made) {
    makeFolder(tmpDir(dataDir));
    fs.mkdirSync(dir, 0o700);
  }
  const prepared = { id, dir };
  try {
    writeDurably(`${dir}/${id}.json`, text);
  } catch (error) {
    // Each try of a Pod on a full disk would leave one more.
    discard(prepared);
    throw error;
  }
  return prepared;
}

/** Whether the claim is ours now; false if somebody holds it. `prepared` is used up only by success. */
export function claim(prepared: Prepared, path: string): boolean {
  for (let tries = 0; ; tries += 1) {
    try {
      fs.renameSync(prepared.dir, path);
      return true;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      // The parent may vanish again, when its pool is deleted, but not for ever.
      if (code !== 'ENOENT' || tries > 2) throw error;
      makeFolder(path.slice(0, path.lastIndexOf('/')));
    }
  }
}

/** Removes what was prepared and lost its claim. */
export function discard(prepared: Prepared): void {
  releaseClaim(prepared.dir, prepared.id);
}

/** Whether the claim was held under this id, and so is released. */
export function releaseClaim(path: string, id: string): boolean {
  const released = unless(['ENOENT', 'ENOTDIR'], () => fs.unlinkSync(`${path}/${id}.json`));
  if (released) removeIfEmpty(path);
  return released;
}

/**
 * The id under which the claim is held; undefined if it is free. Tidies up the empty directory of a
 * releaser that died half-way.
 * @throws Failure `io` if something else than this store has written there
 */
export function claimant(path: string): string | undefined {
  const [name, ...others] = namesIn(path);
  if (name === undefined) {
    removeIfEmpty(path);
    return undefined;
  }
  const id = /^([A-Za-z0-9.-]+)\.json$/.exec(name)?.[1];
  if (id !== undefined && others.length === 0) return id;
  throw new Failure(
    'io',
    `${path} holds ${JSON.stringify([name, ...others].slice(0, 3))}: expected one file <id>.json; remove what does not belong there`,
  );
}

export function removeIfEmpty(path: string): void {
  unless(['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'], () => fs.rmdirSync(path));
}

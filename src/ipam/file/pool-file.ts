import fs from 'node:fs';

import { Failure, messageOf } from '../../system/failure.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { fieldOf, integerOf, isAbsent, objectOf, textOf } from '../manifest.ts';
import type { Field, JsonObject } from '../manifest.ts';
import { namesIn, textIn, uniqueName, writeDurably } from './files.ts';
import { poolFile, poolsDir, tmpDir } from './paths.ts';

/** A pool as it is kept: what the user wrote, and what Kubernetes would add to its metadata. */
export interface StoredPool {
  readonly uid: string;
  readonly generation: number;
  /** RFC 3339. */
  readonly creationTimestamp: string;
  readonly deletionTimestamp: string | undefined;
  /** apiVersion, kind, metadata with name, labels and annotations, spec. */
  readonly manifest: JsonObject;
}

/**
 * The stored pool; undefined if there is none of that name.
 * @throws Failure `io` if the file is not one of this store, or of a newer version
 */
export function readPoolFile(dataDir: string, name: string): StoredPool | undefined {
  const path = poolFile(dataDir, name);
  const text = textIn(path);
  if (text === undefined) return undefined;
  try {
    return decode({ path: '', value: JSON.parse(text) });
  } catch (error) {
    const advice = 'expected a pool as `antrea ippool apply` writes it; apply it again after removing the file';
    throw new Failure('io', `${path} cannot be read: ${messageOf(error)}; ${advice}`, { cause: error });
  }
}

/** The names of all pools, sorted. */
export function storedNames(dataDir: string): string[] {
  return namesIn(poolsDir(dataDir))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .toSorted();
}

/** Replaces the file at once, or not at all. */
export function writePoolFile(dataDir: string, name: string, stored: StoredPool): void {
  makeFolder(poolsDir(dataDir));
  makeFolder(tmpDir(dataDir));
  const prepared = `${tmpDir(dataDir)}/ipam-${uniqueName()}`;
  writeDurably(prepared, `${JSON.stringify({ version: VERSION, ...stored }, undefined, 2)}\n`);
  fs.renameSync(prepared, poolFile(dataDir, name));
}

/** The object as a Kubernetes API would give it, without status. */
export function objectOfStored(stored: StoredPool): JsonObject {
  const metadata = stored.manifest['metadata'];
  const { uid, generation, creationTimestamp, deletionTimestamp } = stored;
  const identity = {
    uid,
    generation,
    creationTimestamp,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  };
  return { ...stored.manifest, metadata: { ...(typeof metadata === 'object' ? metadata : {}), ...identity } };
}

const VERSION = 1;

function decode(root: Field): StoredPool {
  const { value: version } = fieldOf(root, 'version');
  if (version !== VERSION) throw new Error(`version is ${JSON.stringify(version)}: this program reads ${VERSION}`);
  const deletion = fieldOf(root, 'deletionTimestamp');
  return {
    uid: textOf(fieldOf(root, 'uid'), 'a string'),
    generation: integerOf(fieldOf(root, 'generation'), { min: 1, max: Number.MAX_SAFE_INTEGER }),
    creationTimestamp: textOf(fieldOf(root, 'creationTimestamp'), 'a time'),
    deletionTimestamp: isAbsent(deletion) ? undefined : textOf(deletion, 'a time'),
    manifest: objectOf(fieldOf(root, 'manifest'), 'an object'),
  };
}

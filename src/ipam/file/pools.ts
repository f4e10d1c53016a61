import fs from 'node:fs';

import { Failure } from '../../system/failure.ts';
import { poolTotal, saturated } from '../allocatable.ts';
import { fieldOf, objectOf, textOf } from '../manifest.ts';
import { describeAllocation } from '../owner.ts';
import type { PoolAdmin, PoolObject } from '../pool-admin.ts';
import { checkPoolName, readPool } from '../pool.ts';
import { applyPool } from './apply.ts';
import { removeIfEmpty } from './claim.ts';
import { namesIn, withPath } from './files.ts';
import { countAllocations, findAllocations } from './find.ts';
import { withPoolsLocked } from './lock.ts';
import { fullDir, poolAllocationsDir, poolFile } from './paths.ts';
import { objectOfStored, readPoolFile, storedNames, writePoolFile } from './pool-file.ts';

/** The administration of pools in the file store. `now` is the clock. */
export function createFilePools({ dataDir, now }: { readonly dataDir: string; readonly now: () => Date }): PoolAdmin {
  return {
    applyPool: (manifest, { force }) => applyPool({ dataDir, manifest, force, now }),
    async listPools() {
      return withPath(dataDir, () => storedNames(dataDir).flatMap((name) => show(dataDir, name) ?? []));
    },
    async getPool(name) {
      const object = withPath(dataDir, () => show(dataDir, checkPoolName({ path: 'pool', value: name })));
      if (object === undefined) throw notFound(dataDir, name);
      return object;
    },
    async deletePool(name) {
      const checked = checkPoolName({ path: 'pool', value: name });
      await withPoolsLocked(dataDir, () => withPath(dataDir, () => remove(dataDir, { name: checked, now })));
    },
  };
}

function show(dataDir: string, name: string): PoolObject | undefined {
  const stored = readPoolFile(dataDir, name);
  if (stored === undefined) return undefined;
  const root = { path: '', value: objectOfStored(stored) };
  return {
    apiVersion: textOf(fieldOf(root, 'apiVersion'), 'a version'),
    kind: 'IPPool',
    metadata: { ...objectOf(fieldOf(root, 'metadata'), 'an object'), name },
    spec: objectOf(fieldOf(root, 'spec'), 'an object'),
    status: {
      usage: {
        used: countAllocations(dataDir, name),
        total: saturated(poolTotal(readPool(root.value))),
      },
    },
  };
}

function remove(dataDir: string, { name, now }: { name: string; now: () => Date }): void {
  const stored = readPoolFile(dataDir, name);
  if (stored === undefined) throw notFound(dataDir, name);
  try {
    // Before the mark as well, so that a deletion that is refused anyway disturbs nobody who allocates.
    refuseWhileHeld(dataDir, name);
    writePoolFile(dataDir, name, { ...stored, deletionTimestamp: stored.deletionTimestamp ?? now().toISOString() });
    refuseWhileHeld(dataDir, name);
  } catch (error) {
    takeMarkBack(dataDir, name);
    throw error;
  }
  fs.unlinkSync(poolFile(dataDir, name));
  fs.rmSync(fullDir(dataDir, name), { recursive: true, force: true });
  removeEmptyBlocks(poolAllocationsDir(dataDir, name));
}

/** The mark may also be one of a deletion that died. */
function takeMarkBack(dataDir: string, name: string): void {
  const stored = readPoolFile(dataDir, name);
  if (stored?.deletionTimestamp === undefined) return;
  writePoolFile(dataDir, name, { ...stored, deletionTimestamp: undefined });
}

function refuseWhileHeld(dataDir: string, name: string): void {
  const held = someHolders(dataDir, name);
  if (held.length === 0) return;
  const details = held.join('\n');
  throw new Failure(
    'refused',
    `pool ${name} cannot be deleted: ${countAllocations(dataDir, name)} of its addresses are held, such as ${held[0]}`,
    { details },
  );
}

function someHolders(dataDir: string, pool: string): string[] {
  const held: string[] = [];
  for (const allocation of findAllocations({ dataDir, filter: {}, pool })) {
    held.push(describeAllocation(allocation));
    if (held.length === MAX_HOLDERS) break;
  }
  return held;
}

const MAX_HOLDERS = 3;

/** Only what is empty: somebody who was about to allocate may have claimed an address, and takes that back itself. */
function removeEmptyBlocks(dir: string): void {
  for (const block of namesIn(dir)) removeIfEmpty(`${dir}/${block}`);
  removeIfEmpty(dir);
}

function notFound(dataDir: string, name: string): Failure {
  return new Failure('not-found', `pool ${name} does not exist in ${dataDir}`);
}

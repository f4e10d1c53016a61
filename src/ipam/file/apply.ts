import { Failure } from '../../system/failure.ts';
import { canonicalJson } from '../../system/canonical-json.ts';
import { keptManifest } from '../kept-manifest.ts';
import type { JsonObject } from '../manifest.ts';
import type { ApplyOutcome } from '../pool-admin.ts';
import { poolsOverlap, refuseUnknownPoolKeys, validatePoolUpdate } from '../pool-change.ts';
import { readPool } from '../pool.ts';
import type { Pool } from '../pool.ts';
import { withPath } from './files.ts';
import { countAllocations } from './find.ts';
import { withPoolsLocked } from './lock.ts';
import { removeOldMarkers } from './markers.ts';
import { objectOfStored, readPoolFile, storedNames, writePoolFile } from './pool-file.ts';
import type { StoredPool } from './pool-file.ts';

export interface ApplyRequest {
  readonly dataDir: string;
  readonly manifest: unknown;
  readonly force: boolean;
  readonly now: () => Date;
}

/** Creates the pool or changes it; see `PoolAdmin`. */
export async function applyPool(request: ApplyRequest): Promise<ApplyOutcome> {
  const { dataDir, manifest } = request;
  refuseUnknownPoolKeys(manifest);
  const pool = readPool(manifest);
  if (pool.namespaceSelector !== undefined) {
    throw new Failure(
      'config',
      `spec.namespaceSelector of pool ${pool.name} is set: the file store knows no Namespaces; expected none`,
    );
  }
  const kept = keptManifest(manifest);
  return withPoolsLocked(dataDir, () => withPath(dataDir, () => save(request, { pool, kept })));
}

interface Wanted {
  readonly pool: Pool;
  readonly kept: JsonObject;
}

function save(request: ApplyRequest, wanted: Wanted): ApplyOutcome {
  const { dataDir, force } = request;
  const { pool, kept } = wanted;
  const stored = readPoolFile(dataDir, pool.name);
  if (
    stored !== undefined &&
    canonicalJson(stored.manifest) === canonicalJson(kept) &&
    stored.deletionTimestamp === undefined
  )
    return 'unchanged';
  if (stored !== undefined) refuseChange(dataDir, { pool, stored });
  if (!force) refuseOverlap(dataDir, pool);
  const next = stored === undefined ? create(request, kept) : change(stored, kept);
  writePoolFile(dataDir, pool.name, next);
  removeOldMarkers(dataDir, { ...pool, uid: next.uid, generation: next.generation });
  return stored === undefined ? 'created' : 'configured';
}

function create({ now }: ApplyRequest, manifest: JsonObject): StoredPool {
  const uid = process.getBuiltinModule('node:crypto').randomUUID();
  return { uid, generation: 1, creationTimestamp: now().toISOString(), deletionTimestamp: undefined, manifest };
}

function change(stored: StoredPool, manifest: JsonObject): StoredPool {
  const sameSpec = canonicalJson(stored.manifest['spec']) === canonicalJson(manifest['spec']);
  return { ...stored, generation: stored.generation + (sameSpec ? 0 : 1), manifest };
}

function refuseChange(dataDir: string, { pool, stored }: { pool: Pool; stored: StoredPool }): void {
  if (stored.deletionTimestamp !== undefined) {
    throw new Failure(
      'refused',
      `pool ${pool.name} is being deleted: expected it to be gone; run \`antrea ippool delete ${pool.name}\` again first`,
    );
  }
  validatePoolUpdate({
    from: readPool(objectOfStored(stored)),
    to: pool,
    inUse: countAllocations(dataDir, pool.name) > 0,
  });
}

function refuseOverlap(dataDir: string, pool: Pool): void {
  for (const name of storedNames(dataDir)) {
    const stored = name === pool.name ? undefined : readPoolFile(dataDir, name);
    if (stored === undefined || !poolsOverlap(pool, readPool(objectOfStored(stored)))) continue;
    throw new Failure(
      'refused',
      `pool ${pool.name} overlaps with pool ${name} on VLAN ${pool.vlan}, so that an address could be given twice: expected other ranges or excludes, or --force`,
    );
  }
}

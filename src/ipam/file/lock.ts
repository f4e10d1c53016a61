import { Failure } from '../../system/failure.ts';
import { claim, claimant, discard, prepareClaimAs, releaseClaim } from './claim.ts';
import { uniqueName, withPath } from './files.ts';
import { lockDir } from './paths.ts';
import { startOf } from './process.ts';

/**
 * Runs `change` while no other process changes pools. Allocating never waits for this. A holder
 * that died is recognised and dispossessed, by the name of its very claim.
 * @throws Failure `unavailable` when another one holds the lock for too long
 */
export async function withPoolsLocked<T>(dataDir: string, change: () => T): Promise<T> {
  const path = lockDir(dataDir);
  const id = `${startOf(process.pid) ?? '0'}.${uniqueName()}`;
  const text = `${JSON.stringify({ version: 1, pid: process.pid })}\n`;
  const prepared = withPath(dataDir, () => prepareClaimAs(dataDir, { id, text }));
  for (let tries = 0; !withPath(path, () => claim(prepared, path)); tries += 1) {
    const holder = claimant(path);
    if (holder !== undefined && !isAlive(holder)) {
      releaseClaim(path, holder);
      continue;
    }
    if (tries >= MAX_TRIES) {
      discard(prepared);
      throw new Failure(
        'unavailable',
        `${path} is held by process ${pidOf(holder ?? '')}, which is changing pools: expected it to end; try again`,
      );
    }
    await new Promise((resolve) => {
      setTimeout(resolve, RETRY_MILLISECONDS);
    });
  }
  try {
    return change();
  } finally {
    releaseClaim(path, id);
  }
}

const RETRY_MILLISECONDS = 25;
const MAX_TRIES = 400;

function isAlive(holder: string): boolean {
  return startOf(pidOf(holder)) === holder.slice(0, holder.indexOf('.'));
}

/** From `<start>.<pid>-…`. */
function pidOf(holder: string): number {
  return Number(/^\d+\.(\d+)-/.exec(holder)?.[1]);
}

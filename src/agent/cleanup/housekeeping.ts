import { randomUUID } from 'node:crypto';
import { locksFolder } from '../../config/node-folders.ts';
import type { Files } from '../../system/files.ts';
import { isJsonObject } from '../../system/json-object.ts';
import { readKept } from '../../system/kept-file.ts';
import { isHeldBy } from './look.ts';
import type { Plugin } from './plugin.ts';

export interface Housekeeping {
  readonly files: Pick<Files, 'list' | 'readIfThere'>;
  readonly dataDir: string;
  readonly plugin: Plugin;
  /** Milliseconds that one call of the plugin may take. */
  readonly timeout: number;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** Milliseconds: how often without any reason, and how soon again after a failure, later and later. */
const seldom = 3_600_000;
const retry = { first: 10_000, last: 600_000 } as const;

/**
 * Has the plugin look, when there is something to be looked for, after what killed calls have left besides attachments.
 * @returns one look, for each time that it is called @throws Failure when something is left; then the next looks wait
 */
export function createHousekeeping(housekeeping: Housekeeping): () => Promise<void> {
  const { files, dataDir, plugin, timeout, clock } = housekeeping;
  let suspects: readonly string[] = [];
  let failures = 0;
  let [due, notBefore] = [clock() + seldom, 0];
  return async () => {
    const now = clock();
    const leftovers = leftoversOf(files, dataDir, Date.now());
    // What was there the last time, too: somebody may just be about to hold it.
    const isReason = leftovers.some((one) => suspects.includes(one));
    suspects = leftovers;
    if ((!isReason && now < due) || now < notBefore) return;
    notBefore = now + Math.min(retry.first * 2 ** failures, retry.last);
    failures += 1;
    await sweep(plugin, timeout);
    [failures, notBefore, due] = [0, 0, now + seldom];
  };
}

/** A little more than the plugin lets pass (src/plugin/unsettled.ts), milliseconds. */
const lateness = 61_000;

/**
 * Addresses whose creation may have come late, and has to be looked for by now; locks of which no holder lives.
 * @returns their files
 */
export function leftoversOf(files: Housekeeping['files'], dataDir: string, now: number): readonly string[] {
  const pathsIn = (folder: string): readonly string[] => files.list(folder).map((name) => `${folder}/${name}`);
  const unsettled = pathsIn(`${dataDir}/unsettled`)
    .filter((path) => path.endsWith('.json'))
    // The plugin removes one that cannot be read.
    .filter((path) => now - (readKept(files.readIfThere(path), isUnsettled)?.since ?? 0) > lateness);
  const dead = pathsIn(locksFolder(dataDir)).filter((path) => !files.list(path).some(isHeldBy));
  return [...unsettled, ...dead];
}

/** GC does, besides what it is asked for. It is asked for a network that nobody has: so it needs no list of what is valid. */
async function sweep({ type, call }: Plugin, timeout: number): Promise<void> {
  const config = {
    cniVersion: '1.1.0',
    name: `none-${randomUUID()}`,
    type: `not-${type}`,
    ipam: { type, ippools: [] },
    'cni.dev/valid-attachments': [],
  };
  await call({ command: 'GC', config }, timeout);
}

function isUnsettled(value: unknown): value is { readonly since: number } {
  return isJsonObject(value) && typeof value['since'] === 'number';
}

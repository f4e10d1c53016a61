import fs from 'node:fs';

import { namesIn } from './files.ts';
import { tmpDir } from './paths.ts';
import { startOf } from './process.ts';

/**
 * Removes what dead processes have left in tmp/. It must be older than any attachment may take, too:
 * a process in another PID namespace looks dead from here. Returns how many things went.
 */
export function sweep({ dataDir, now }: { readonly dataDir: string; readonly now: Date }): number {
  let removed = 0;
  for (const name of namesIn(tmpDir(dataDir))) {
    const pid = /^ipam-(?:\d+\.)?(\d+)-/.exec(name)?.[1];
    const path = `${tmpDir(dataDir)}/${name}`;
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (pid === undefined || stat === undefined || now.getTime() - stat.mtimeMs < MIN_AGE_MILLISECONDS) continue;
    if (startOf(Number(pid)) !== undefined && now.getTime() - stat.mtimeMs < MAX_AGE_MILLISECONDS) continue;
    fs.rmSync(path, { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}

const MIN_AGE_MILLISECONDS = 10 * 60_000;
/** A process id is used again at some time: whatever runs under it by now, it did not prepare this for a day. */
const MAX_AGE_MILLISECONDS = 24 * 3_600_000;

import fs from 'node:fs';
import { systemCode } from './failure.ts';

/** Tries of one folder: whoever shares it may remove it, empty, between two steps of ours. */
const tries = 100;

/**
 * Makes a folder of mode 0700, and those above it that are missing; nothing when it is there.
 * Not mkdir's own `recursive`: where a folder is there and nothing can be made in it (/proc, or a mount whose folder was
 * deleted on the Node), the kernel says ENOENT, and Node tries again for ever, deaf to any deadline.
 */
export function makeFolder(path: string): void {
  for (let left = tries; ; left -= 1) {
    try {
      fs.mkdirSync(path, { mode: 0o700 });
      return;
    } catch (error) {
      const there = systemCode(error) === 'EEXIST' ? kindOf(path) : 'nothing';
      if (there === 'folder') return;
      if (there === 'other' || !isMissing(error) || left === 1) throw error;
    }
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent !== '') makeFolder(parent);
  }
}

/** `nothing`: it was there a moment ago, or is a link to nothing. */
function kindOf(path: string): 'folder' | 'other' | 'nothing' {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 'nothing';
  return found.isDirectory() ? 'folder' : 'other';
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'EEXIST'].includes(systemCode(error) ?? '');
}

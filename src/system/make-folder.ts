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
      const code = systemCode(error);
      if (code === 'EEXIST' && isFolder(path)) return;
      if (code !== 'ENOENT' || left === 1 || path === '') throw error;
    }
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent !== '') makeFolder(parent);
  }
}

function isFolder(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

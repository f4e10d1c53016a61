import fs from 'node:fs';

/**
 * The path, if it leads to a namespace; else an empty one, by which plugins know that it is gone. Where it leads nowhere,
 * or to something else (an empty file is left of one by a reboot, or a runtime that was killed), some fail for ever.
 */
export function liveNetns(path: string): string {
  return path !== '' && isNamespace(path) ? path : '';
}

/** nsfs files are on a device of their own. */
function isNamespace(path: string): boolean {
  try {
    return fs.statSync(path).dev === fs.statSync('/proc/self/ns/net').dev;
  } catch {
    return false;
  }
}

import fs from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../../system/failure.ts';
import type { Sighting } from './verdict.ts';

/**
 * Whether the network namespaces of a sandbox are there. Only what cannot be is `gone`: in a container, the folder may
 * be missing, or have files without the mounts on them, and processes have other numbers.
 */
export function netnsState(paths: readonly string[]): Sighting['netns'] {
  const states = paths.map(stateOf);
  if (states.includes('there')) return 'there';
  return states.length === 0 || states.includes('unclear') ? 'unclear' : 'gone';
}

function stateOf(path: string): Sighting['netns'] {
  try {
    const { dev, ino } = fs.statSync(path);
    const own = fs.statSync('/proc/self/ns/net');
    if (dev !== own.dev) return 'unclear';
    // The number of a process that has ended is another one's by now.
    return ino === own.ino && isOfProcess(path) ? 'gone' : 'there';
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') return 'unclear';
    return isSeenFromHere(path) ? 'gone' : 'unclear';
  }
}

function isSeenFromHere(path: string): boolean {
  return isOfProcess(path) ? isFirstPidNamespace() : fs.existsSync(dirname(path));
}

function isOfProcess(path: string): boolean {
  return path.startsWith('/proc/');
}

/** Its number is fixed (PROC_PID_INIT_INO of include/linux/proc_ns.h). */
function isFirstPidNamespace(): boolean {
  return fs.readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]';
}

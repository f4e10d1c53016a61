import fs from 'node:fs';
import { Failure, messageOf } from '../system/failure.ts';

/**
 * Runs `use` with the open network namespace.
 * @throws Failure `netns` when there is none at `path`
 */
export async function withNetns<T>(path: string, use: (descriptor: number) => T | Promise<T>): Promise<T> {
  const descriptor = open(path);
  try {
    return await use(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Runs `use` with the network namespace of this process. */
export function withOwnNetns<T>(use: (descriptor: number) => T): T {
  const descriptor = fs.openSync('/proc/self/ns/net', fs.constants.O_RDONLY);
  try {
    return use(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Whether `path` is the network namespace of this process; false when it cannot be looked at. */
export function isOwnNetns(path: string): boolean {
  try {
    const [theirs, ours] = [fs.statSync(path), fs.statSync('/proc/self/ns/net')];
    return theirs.ino === ours.ino && theirs.dev === ours.dev;
  } catch {
    return false;
  }
}

/** Names the network namespace of this process: that of another one has another name, as long as there are both. */
export function ownNetns(): string {
  return nameOf(fs.statSync('/proc/self/ns/net'));
}

/** The same of one that is open. */
export function netnsName(descriptor: number): string {
  return nameOf(fs.fstatSync(descriptor));
}

function nameOf({ dev, ino }: fs.Stats): string {
  return `${dev}:${ino}`;
}

function open(path: string): number {
  try {
    // Not blocking, should somebody have put a FIFO there.
    const descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    if (isNamespaceFile(descriptor)) return descriptor;
    fs.closeSync(descriptor);
  } catch (cause) {
    throw new Failure('netns', `the network namespace ${path} cannot be opened: ${messageOf(cause)}`, { cause });
  }
  throw new Failure('netns', `${path} is not a network namespace`);
}

/** nsfs files are on a device of their own, the one of /proc/self/ns/net. */
function isNamespaceFile(descriptor: number): boolean {
  return fs.fstatSync(descriptor).dev === fs.statSync('/proc/self/ns/net').dev;
}

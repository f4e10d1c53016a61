import { locksFolder } from '../config/node-folders.ts';
import { withFreeLock } from '../system/lock.ts';

export interface AttachmentLocks {
  /**
   * Runs `work` with those of the attachments that neither a call of the plugin nor another service of this agent works
   * on; a call that comes meanwhile waits for its end. What a killed call has left locked is not free; what a killed
   * agent has, is.
   * @param keys attachmentKey() of each
   */
  readonly whileFree: <T>(keys: readonly string[], work: (free: ReadonlySet<string>) => Promise<T>) => Promise<T>;
}

/** @param dataDir that of the plugin: both use the same locks, and have to see the same processes */
export function attachmentLocks(dataDir: string): AttachmentLocks {
  /** A lock keeps out other processes only. */
  const busy = new Set<string>();
  return {
    whileFree: async <T>(keys: readonly string[], work: (free: ReadonlySet<string>) => Promise<T>): Promise<T> => {
      const free = new Set<string>();
      const lock = async ([key, ...others]: readonly string[]): Promise<T> => {
        if (key === undefined) return work(free);
        const held = await whileHeld({ busy, dataDir, key }, async () => {
          free.add(key);
          return { result: await lock(others) };
        });
        return held === undefined ? lock(others) : held.result;
      };
      return lock(keys);
    },
  };
}

interface Lock {
  readonly busy: Set<string>;
  readonly dataDir: string;
  readonly key: string;
}

async function whileHeld<T>({ busy, dataDir, key }: Lock, work: () => Promise<T>): Promise<T | undefined> {
  if (busy.has(key)) return undefined;
  busy.add(key);
  try {
    return await withFreeLock({ folder: `${locksFolder(dataDir)}/${key}`, sign: 'agent' }, work);
  } finally {
    busy.delete(key);
  }
}

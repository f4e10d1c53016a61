import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createFilePools } from '../../../src/ipam/file/pools.ts';
import { createFileStore } from '../../../src/ipam/file/store.ts';
import type { PoolAdmin } from '../../../src/ipam/pool-admin.ts';
import type { Store } from '../../../src/ipam/store.ts';

export interface TemporaryStore {
  readonly dataDir: string;
  readonly store: Store;
  readonly admin: PoolAdmin;
  readonly reopen: () => Store;
  close(): Promise<void>;
}

/**
 * A file store in a directory of its own, which `close` removes. In memory where that is possible:
 * tests that make thousands of claims should not depend on how busy the disk is.
 */
export function openTemporary(where: 'memory' | 'disk' = 'memory'): TemporaryStore {
  const inMemory = where === 'memory' && fs.existsSync('/dev/shm');
  const dataDir = fs.mkdtempSync(join(inMemory ? '/dev/shm' : tmpdir(), 'ipam-test-'));
  return {
    dataDir,
    store: createFileStore({ dataDir }),
    admin: createFilePools({ dataDir, now: () => new Date() }),
    reopen: () => createFileStore({ dataDir }),
    async close() {
      fs.rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Every file and directory below, as paths from `dir`, directories with `/` at the end. */
export function tree(dir: string, prefix = ''): string[] {
  return fs
    .readdirSync(dir, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = prefix + entry.name;
      return entry.isDirectory() ? [`${path}/`, ...tree(join(dir, entry.name), `${path}/`)] : [path];
    });
}

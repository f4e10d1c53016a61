import type { Allocation } from '../../ipam/store.ts';
import type { PortOwner } from '../../net/ovs/ports.ts';
import type { Files } from '../../system/files.ts';
import { fileJournal } from '../../system/journal.ts';
import { fileSandboxes } from '../../system/sandboxes.ts';
import type { Trouble } from './metrics.ts';
import type { Sources } from './remains.ts';

export interface Reading {
  readonly files: Files;
  readonly dataDir: string;
  readonly ports: () => Promise<readonly PortOwner[]>;
  readonly allocations: () => Promise<readonly Allocation[]>;
  /** Runs what may fail; then there is nothing, and the failure has been told. */
  readonly attempt: <T>(trouble: Trouble, work: () => Promise<T>) => Promise<T | undefined>;
}

/**
 * Reads what each source has, allocations first: what is allocated after that may be in the journal already, but not the
 * other way round. A source that cannot be read has nothing: the others tell enough.
 */
export async function readSources({ files, dataDir, ports, allocations, attempt }: Reading): Promise<Sources> {
  return {
    allocations: (await attempt('store', allocations)) ?? [],
    ports: (await attempt('ports', ports)) ?? [],
    records: fileSandboxes(files, dataDir).list(),
    entries: fileJournal(files, dataDir).list(),
  };
}

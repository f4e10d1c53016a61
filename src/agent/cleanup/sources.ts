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
  /** Read before the others are. */
  readonly allocations: readonly Allocation[];
  readonly ports: () => Promise<readonly PortOwner[]>;
  /** Runs what may fail; then there is nothing, and the failure has been told. */
  readonly attempt: <T>(trouble: Trouble, work: () => Promise<T>) => Promise<T | undefined>;
}

/**
 * Reads what each source has. An address is in the journal before it is in the store, so allocations come first. Ports
 * that cannot be read are none: the others tell enough.
 */
export async function readSources({ files, dataDir, allocations, ports, attempt }: Reading): Promise<Sources> {
  return {
    allocations,
    ports: (await attempt('ports', ports)) ?? [],
    records: fileSandboxes(files, dataDir).list(),
    entries: fileJournal(files, dataDir).list(),
  };
}

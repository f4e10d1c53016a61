import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findClusterTools } from '../../cluster/tools.ts';

/** The real Multus and its CRD, or why there is none. */
export type FoundMultus =
  | { readonly executable: string; readonly crd: string; readonly reason: undefined }
  | { readonly executable: undefined; readonly reason: string };

/** Multus cannot be had from a package registry: $PEERS_DIR names the folder that has it, and its CRD in `crds/`. */
export async function findMultus(): Promise<FoundMultus> {
  const { reason } = await findClusterTools();
  const found: FoundMultus = reason === undefined ? inPeers(process.env['PEERS_DIR']) : missing(reason);
  if (found.reason !== undefined) process.stderr.write(`tests with Multus are skipped: ${found.reason}\n`);
  return found;
}

function inPeers(folder: string | undefined): FoundMultus {
  if (folder === undefined || folder === '')
    return missing('PEERS_DIR is not set: the folder with the executable multus');
  const executable = join(folder, 'multus');
  const crd = join(folder, 'crds/network-attachment-definitions.yaml');
  const absent = [executable, crd].find((path) => !existsSync(path));
  return absent === undefined ? { executable, crd, reason: undefined } : missing(`there is no ${absent} (PEERS_DIR)`);
}

function missing(reason: string): FoundMultus {
  return { executable: undefined, reason };
}

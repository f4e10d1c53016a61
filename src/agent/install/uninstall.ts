import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { removeConflist } from './conflist-sync.ts';
import { compare } from './executable.ts';
import { withoutAgentKeys } from './agent-keys.ts';
import { removeOwnKeys, writeNodeFile } from './node-file.ts';
import { nodeFolder, readRecord, writeRecord, type InstallRecord } from './record.ts';
import { removeFile } from './whole-file.ts';

export interface UninstallRequest {
  /** Path of this executable: where no record tells what is ours, a copy of it is. */
  readonly executable: string;
  readonly cniBinDir: string;
  readonly cniConfDir: string;
  readonly nodeFile: string;
  readonly plugin: string;
  readonly say: (line: string) => void;
  readonly dryRun: boolean;
}

/**
 * Takes away what an installation has put there, and nothing else: first what Pods depend on, last the executable,
 * which can be run again as long as there is something to do.
 * @throws Failure `io`, `decode` or `config`
 */
export function uninstall(request: UninstallRequest): void {
  const { nodeFile, cniConfDir, say, dryRun } = request;
  const record = readRecord(nodeFolder(nodeFile).record);
  // Else whoever keeps it up to date would put back what is removed.
  if (record?.current !== undefined && !dryRun) {
    writeRecord(nodeFolder(nodeFile).record, { ...record, current: undefined });
  }
  const confDirs = record?.confDirs ?? [cniConfDir];
  removeConflists(request, confDirs);
  if (record === undefined) {
    say(`there is no record of an installation beside ${nodeFile}: Node file, kubeconfig and token stay`);
  } else {
    removeNodeFolder(request, record);
  }
  // Somebody who keeps it up to date may have been about to write it.
  if (!dryRun) removeConflists(request, confDirs);
  for (const path of executablesOf(request, record)) remove(request, path);
}

function removeConflists({ say, dryRun }: UninstallRequest, confDirs: readonly string[]): void {
  for (const path of confDirs.flatMap((confDir) => removeConflist(confDir, dryRun))) say(removed(path, dryRun));
}

function removeNodeFolder(request: UninstallRequest, { before, agentKeys }: InstallRecord): void {
  const { say, dryRun } = request;
  const { nodeFile, kubeconfig, token, record } = nodeFolder(request.nodeFile);
  const without = withoutAgentKeys(nodeFile, agentKeys);
  if (without !== undefined && !dryRun) writeNodeFile(nodeFile, without);
  if (dryRun) say(`would take our keys out of ${nodeFile}`);
  else if (removeOwnKeys({ path: nodeFile, kubeconfig, before })) say(`our keys taken out: ${nodeFile}`);
  for (const path of [kubeconfig, token, record]) remove(request, path);
  if (!dryRun) removeFolder(dirname(nodeFile));
}

function executablesOf(request: UninstallRequest, record: InstallRecord | undefined): readonly string[] {
  if (record !== undefined) return record.executables;
  const target = join(request.cniBinDir, request.plugin);
  return compare(request.executable, target) === 'same' ? [target] : [];
}

function remove({ say, dryRun }: UninstallRequest, path: string): void {
  if (dryRun ? fs.existsSync(path) : removeFile(path)) say(removed(path, dryRun));
}

function removed(path: string, dryRun: boolean): string {
  return dryRun ? `would remove ${path}` : `removed: ${path}`;
}

/** Unless somebody keeps something there. */
function removeFolder(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch {
    // Not empty, or not there.
  }
}

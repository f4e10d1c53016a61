import fs from 'node:fs';
import { join } from 'node:path';
import type { KubeClient } from '../../kube/client.ts';
import type { ClusterAccess } from '../../kube/kubeconfig.ts';
import { unlessMissing } from '../../system/files.ts';
import { sleep } from '../../system/sleep.ts';
import { refuseSetAside, removeConflist, syncConflist } from './conflist-sync.ts';
import { copyExecutable, planCopy } from './executable.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { readOwnKeys, withOwnKeys, writeNodeFile } from './node-file.ts';
import { nodeFolder, readRecord, writeRecord } from './record.ts';
import { mintToken, readClaims, readNodeUID } from './token.ts';
import { tryPlugin } from './trial.ts';
import { putText } from './whole-file.ts';

export interface InstallRequest {
  /** Path of what is to be installed. */
  readonly executable: string;
  readonly cniBinDir: string;
  readonly cniConfDir: string;
  readonly nodeFile: string;
  /** What the executable is called there, and the `type` of networks. */
  readonly plugin: string;
  /** `native`: our own place in the configuration of the primary network. `multus`: Multus calls us. */
  readonly mode: 'native' | 'multus';
  readonly nodeName: string;
  /** With rights to ask for tokens of the plugin. */
  readonly client: KubeClient;
  readonly access: ClusterAccess;
  /** URL of the API server for the plugin, where that is another one. */
  readonly server: string | undefined;
  /** Milliseconds that a token shall be valid. */
  readonly tokenLifetime: number;
  /** Says what was done, a line each. */
  readonly say: (line: string) => void;
  /** Says what would be done, and does nothing. */
  readonly dryRun: boolean;
  /** Ends what it waits for. */
  readonly signal?: AbortSignal;
}

/**
 * Installs the plugin on this Node, in an order in which each step relies only on those before: whatever ends it in
 * between, Pods start as before, and the next run completes it. The last step is the one that Pods depend on.
 * @throws Failure naming what is in the way, and what to do
 */
export async function install(request: InstallRequest): Promise<void> {
  const { executable, cniBinDir, cniConfDir, plugin, mode, nodeFile, say, dryRun, signal } = request;
  const target = join(cniBinDir, plugin);
  // What would be refused is best refused before anything has been done.
  if (mode === 'native') syncConflist({ confDir: cniConfDir, plugin, insist: true, dryRun: true });
  const folder = nodeFolder(nodeFile);
  const content = contentOf(request);
  await readNodeUID(request.client, request.nodeName);
  const state = planExecutable(request, target);
  await placeToken(request, folder.token);
  place(request, { path: folder.kubeconfig, text: content.kubeconfig, mode: 0o600 });
  placeNodeFile(request, content.nodeFile);
  // Before anything that a Pod needs is another one than before.
  if (mode === 'native' && !dryRun) await tryPlugin({ executable, nodeFile, signal });
  placeExecutable(request, { target, state });
  if (mode === 'multus') {
    if (!dryRun) nowKept(request);
    for (const path of removeConflist(cniConfDir, dryRun)) {
      say(`${dryRun ? 'would remove ' : 'removed: '}${path}: Multus calls the plugin`);
    }
    return;
  }
  await placeConflist(request);
  if (!dryRun) nowKept(request);
}

/** From here on, whoever keeps it up to date (keep.ts) may write what has been written. */
function nowKept({ nodeFile, mode, plugin, cniConfDir: confDir, nodeName, tokenLifetime }: InstallRequest): void {
  const path = nodeFolder(nodeFile).record;
  const record = readRecord(path);
  if (record === undefined) return;
  writeRecord(path, { ...record, current: { mode, plugin, confDir, nodeName, tokenLifetime } });
}

interface Content {
  readonly kubeconfig: string;
  readonly nodeFile: string;
}

function contentOf({ access, server, nodeName, nodeFile }: InstallRequest): Content {
  const kubeconfig = nodeFolder(nodeFile).kubeconfig;
  return {
    kubeconfig: kubeconfigText({ access, server }),
    nodeFile: withOwnKeys(nodeFile, { store: 'kubernetes', kubeconfig, nodeName }),
  };
}

type CopyState = ReturnType<typeof planCopy>;

/** Writes down what will be there, so that whatever is there can be found. */
function planExecutable({ executable, cniConfDir, nodeFile, dryRun }: InstallRequest, target: string): CopyState {
  const { record, kubeconfig } = nodeFolder(nodeFile);
  const known = readRecord(record);
  const isOurs = known?.executables.includes(target) === true;
  const state = planCopy({ from: executable, to: target, isOurs });
  if (dryRun) return state;
  writeRecord(record, {
    executables: [...new Set([...(known?.executables ?? []), target])],
    confDirs: [...new Set([...(known?.confDirs ?? []), cniConfDir])],
    before: known?.before ?? readOwnKeys(nodeFile, kubeconfig),
    current: known?.current,
    agentKeys: known?.agentKeys,
  });
  return state;
}

function placeExecutable(
  { executable, say, dryRun }: InstallRequest,
  { target, state }: { readonly target: string; readonly state: CopyState },
): void {
  if (state === 'unchanged') say(`unchanged: ${target}`);
  else if (dryRun) say(`would install ${target}`);
  else {
    copyExecutable({ from: executable, to: target });
    say(`${state}: ${target}`);
  }
}

async function placeToken(
  { client, nodeName, tokenLifetime, say, dryRun }: InstallRequest,
  path: string,
): Promise<void> {
  if (dryRun) {
    say(`would write ${path}: a token for Node ${nodeName}`);
    return;
  }
  const token = await mintToken({ client, nodeName, lifetime: tokenLifetime });
  putText(path, token, 0o600);
  const expires = new Date((readClaims(token)?.expires ?? 0) * 1000).toISOString();
  say(`written: ${path}: a token for Node ${nodeName}, valid until ${expires}`);
}

interface Placed {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

function place({ say, dryRun }: InstallRequest, { path, text, mode }: Placed): void {
  if (isThere(path, text)) say(`unchanged: ${path}`);
  else if (dryRun) say(`would write ${path}`);
  else {
    putText(path, text, mode);
    say(`written: ${path}`);
  }
}

function placeNodeFile({ nodeFile, say, dryRun }: InstallRequest, text: string): void {
  const keys = 'store, kubeconfig and nodeName; what else is there stays';
  if (isThere(nodeFile, text)) say(`unchanged: ${nodeFile}`);
  else if (dryRun) say(`would write ${nodeFile}: ${keys}`);
  else {
    writeNodeFile(nodeFile, text);
    say(`written: ${nodeFile}: ${keys}`);
  }
}

/** Milliseconds in which Cilium would have put it aside. */
const patience = 1000;

async function placeConflist({ cniConfDir, plugin, say, dryRun }: InstallRequest): Promise<void> {
  const { state, path, primary, cilium } = syncConflist({ confDir: cniConfDir, plugin, insist: true, dryRun });
  if (primary === undefined) {
    say(
      `no primary network is configured in ${cniConfDir} yet: ${path} is written when there is one (--watch, or the agent)`,
    );
    return;
  }
  if (cilium && !dryRun) {
    await sleep(patience);
    refuseSetAside(path);
  }
  const written = `${dryRun ? 'would write ' : 'written: '}${path}: ${primary}, and ${plugin} after it`;
  say(state === 'written' ? written : `unchanged: ${path}`);
}

function isThere(path: string, text: string): boolean {
  return unlessMissing(() => fs.readFileSync(path, 'utf8')) === text;
}

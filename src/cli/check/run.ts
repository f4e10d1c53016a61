import { isSea } from 'node:sea';
import { nodeFilePath } from '../../config/node-file-path.ts';
import { readNodeFile, type NodeSettings } from '../../config/node-file.ts';
import type { Exec } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';
import { checkCluster } from './cluster/run.ts';
import { checkAgentSocket } from './agent-socket.ts';
import { checkDataDir } from './data-dir.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import { checkInstalled } from './installed.ts';
import { checkKernel } from './kernel.ts';
import { checkLibraries } from '../../agent/host/libraries.ts';
import { checkOvs } from './ovs.ts';
import { checkPools } from './pools.ts';
import { checkTools } from '../../agent/host/tools.ts';
import { regularFiles } from '../regular-files.ts';
import type { Terminal } from '../terminal.ts';

export interface CheckRequest {
  readonly exec: Exec;
  /** undefined: the default Node file, which may be missing. */
  readonly nodeFile: string | undefined;
  /** Instead of the Node file's. */
  readonly dataDir: string | undefined;
  /** Where the runtime looks for plugins. */
  readonly cniBinDir: string;
  /** Who waits for the checks. */
  readonly terminal: Pick<Terminal, 'err'>;
}

/** Every check, in an order in which a person would put things right. It leaves the Node as it was. */
export async function runChecks(request: CheckRequest): Promise<readonly Finding[]> {
  const { exec, cniBinDir } = request;
  return [
    checkUser(),
    ...checkLibraries(),
    ...checkTools(exec),
    checkKernel(exec),
    ...(await checkWhatIsConfigured(request)),
    checkInstalled(cniBinDir, isSea() ? process.execPath : undefined),
  ];
}

function checkUser(): Finding {
  const uid = process.geteuid?.() ?? 0;
  if (uid === 0) return ok('user', 'root, as the plugin is');
  return fail('user', `user ${uid}: the plugin runs as root, and much can be tried by root only`, 'run this as root');
}

async function checkWhatIsConfigured(request: CheckRequest): Promise<readonly Finding[]> {
  const path = nodeFilePath(request.nodeFile);
  const settings = readSettings(request.nodeFile, path);
  if (!('bridge' in settings)) return [settings];
  const dataDir = request.dataDir ?? settings.dataDir;
  return [
    ok('Node file', regularFiles.exists(path) ? path : `none at ${path}: defaults are used`),
    checkVlans(settings, path),
    ...(await checkOvs(request.exec, settings)),
    checkDataDir(dataDir),
    ...(await checkStore(settings, { dataDir, terminal: request.terminal })),
  ];
}

async function checkStore(
  { store, nodeName }: NodeSettings,
  { dataDir, terminal }: Pick<CheckRequest, 'terminal'> & { readonly dataDir: string },
): Promise<readonly Finding[]> {
  if (store.kind === 'file') return checkPools(dataDir);
  return [
    ...(await checkCluster({ files: regularFiles, kubeconfig: store.kubeconfig, nodeName, terminal })),
    await checkAgentSocket(store.agentSocket, nodeName),
  ];
}

function readSettings(named: string | undefined, path: string): NodeSettings | Finding {
  try {
    return readNodeFile(regularFiles, named);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = `put ${path} right; until then the plugin refuses every call, and OVS, store and pools are not checked here`;
    return fail('Node file', error.message, advice);
  }
}

function checkVlans({ allowedVLANs }: NodeSettings, path: string): Finding {
  if (allowedVLANs !== undefined) return ok('allowed VLANs', 'limited by allowedVLANs');
  return warn(
    'allowed VLANs',
    'whoever may write a NetworkAttachmentDefinition may use every VLAN',
    `limit them in ${path}: "allowedVLANs": ["100", "200-299"]`,
  );
}

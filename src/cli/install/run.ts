import { once } from 'node:events';
import { hostname } from 'node:os';
import { isSea } from 'node:sea';
import { resolve } from 'node:path';
import { requireHost } from '../../agent/host/require.ts';
import { install } from '../../agent/install/install.ts';
import { startKeeping } from '../../agent/install/keep.ts';
import { readClaims } from '../../agent/install/token.ts';
import { uninstall, type UninstallRequest } from '../../agent/install/uninstall.ts';
import { nodeFilePath } from '../../config/node-file-path.ts';
import { readNodeFile } from '../../config/node-file.ts';
import { createClient, type KubeClient } from '../../kube/client.ts';
import type { ClusterAccess } from '../../kube/kubeconfig.ts';
import { exec } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';
import { deadlineIn } from '../../system/time.ts';
import { findAccess } from '../access/find.ts';
import { printable } from '../output/printable.ts';
import { regularFiles } from '../regular-files.ts';
import type { Session } from '../session.ts';
import { untilAsked } from '../signals.ts';
import { namedNodeFile } from '../store-choice.ts';
import { writeLog } from '../verbose.ts';
import { announced } from '../waiting.ts';
import type { InstallOptions } from './command.ts';

/** Milliseconds for a request: an installation may come while the API server starts. */
const patience = 20_000;

/** @throws Failure, or several in an AggregateError */
export async function runInstall(options: InstallOptions, session: Session): Promise<void> {
  const { terminal } = session;
  requireHost(exec);
  const place = placeOf(options, session);
  const { access } = await findAccess({
    kubeconfig: options.kubeconfig,
    context: options.context,
    env: terminal.env,
    files: regularFiles,
  });
  const nodeName = nodeNameOf(options, { nodeFile: place.nodeFile, access, env: terminal.env });
  // A service has no end; each request has one.
  const limits = { attempt: 5000, total: patience };
  const client = createClient({ access, deadline: deadlineIn(Number.POSITIVE_INFINITY), limits });
  try {
    const { mode, server, tokenLifetime } = options;
    const asked = announced(client, { terminal, limit: patience });
    await install({ ...place, mode, nodeName, client: asked, access, server, tokenLifetime });
    if (options.watch === true) await keep(options, { nodeFile: place.nodeFile, client, session });
  } finally {
    client.close();
  }
}

/** @throws Failure */
export async function runUninstall(options: InstallOptions, session: Session): Promise<void> {
  uninstall(placeOf(options, session));
}

function placeOf(options: InstallOptions, { terminal }: Session): UninstallRequest {
  const { cniBinDir, cniConfDir, pluginName: plugin, dryRun = false } = options;
  return {
    executable: executableOf(options),
    cniBinDir,
    cniConfDir,
    nodeFile: nodeFilePath(namedNodeFile(options, terminal.env)),
    plugin,
    say: (line) => terminal.out(`${printable(line)}\n`),
    dryRun,
  };
}

function executableOf({ executable }: InstallOptions): string {
  if (executable !== undefined) return resolve(executable);
  if (isSea()) return process.execPath;
  throw new Failure('config', 'this command line runs from source: name the executable to install with --executable');
}

/** Renames of a host do not change the name of its Node, so what is written down comes first. */
function nodeNameOf(
  { nodeName }: InstallOptions,
  known: { readonly nodeFile: string; readonly access: ClusterAccess; readonly env: Session['terminal']['env'] },
): string {
  if (nodeName !== undefined) return nodeName;
  const written = regularFiles.exists(known.nodeFile) ? readNodeFile(regularFiles, known.nodeFile).nodeName : '';
  const token = known.access.token();
  const bound = token === undefined ? undefined : readClaims(token)?.nodeName;
  return written || known.env['NODE_NAME'] || bound || hostname().toLowerCase();
}

interface Kept {
  readonly nodeFile: string;
  readonly client: KubeClient;
  readonly session: Session;
}

async function keep({ verbose }: InstallOptions, { nodeFile, client, session }: Kept): Promise<void> {
  const asked = untilAsked();
  const log = await writeLog(session.terminal, verbose === true ? 'debug' : 'info');
  const running = startKeeping({ nodeFile, client, log, observeToken: observe, observeConflist: observe });
  log('info', 'watching', { nodeFile });
  if (!asked.aborted) await once(asked, 'abort');
  await running.stop();
  log('info', 'stopped');
}

/** Nobody reads metrics of this command. */
function observe(): void {}

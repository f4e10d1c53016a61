import { spawnSync } from 'node:child_process';
import { accessOf, type ClusterAccess } from '../../kube/kubeconfig.ts';
import { readNamed, readText, type Named } from '../../kube/kubeconfig-fields.ts';
import { Failure, messageOf, systemCode } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { runCredentialPlugin, type RunProgram } from './exec-credential.ts';
import { chooseContext, type ParsedFile } from './merge.ts';

export interface UserKubeconfig {
  readonly access: ClusterAccess;
  readonly context: string;
  readonly namespace: string;
}

export interface KubeconfigRequest {
  readonly files: Pick<Files, 'read'>;
  /** Absolute; several are merged as kubectl does it. */
  readonly paths: readonly string[];
  /** undefined: current-context. */
  readonly context: string | undefined;
  readonly run: RunProgram;
}

/**
 * A person's kubeconfig: YAML, perhaps of several files, perhaps with a program that fetches credentials. What the
 * plugin refuses besides (proxies, passwords, unchecked TLS, impersonation) is refused here too.
 * @throws Failure `config`
 */
export async function readUserKubeconfig(request: KubeconfigRequest): Promise<UserKubeconfig> {
  const { files, paths, context } = request;
  const read = await Promise.all(paths.map((path) => parseFile(files, { path, optional: paths.length > 1 })));
  const parsed = read.filter((file) => file !== undefined);
  const { name, namespace, kubeconfig } = chooseContext(parsed, context);
  const root: Named = { path: `kubeconfig ${paths.join(':')}`, value: kubeconfig };
  const value = withCredentials(root, kubeconfig, request.run);
  try {
    return { access: accessOf({ ...root, value }, { files, folder: '/' }), context: name, namespace };
  } catch (error) {
    throw withWayOut(error, name);
  }
}

/** The program's output, without a limit of time: it may wait for a person. */
export const runProgram: RunProgram = ({ command, args, env }) => {
  const { status, stdout, error } = spawnSync(command, args, {
    env: { ...process.env, ...env },
    stdio: ['inherit', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  return { code: status, stdout };
};

/** Of several files, some may be missing: $KUBECONFIG often lists one that is yet to be written. */
async function parseFile(
  files: Pick<Files, 'read'>,
  { path, optional }: { readonly path: string; readonly optional: boolean },
): Promise<ParsedFile | undefined> {
  const text = textOf(files, path);
  if (text instanceof Failure) {
    if (optional && systemCode(text.cause) === 'ENOENT') return undefined;
    throw text;
  }
  const { parse } = await import('yaml');
  try {
    const content: unknown = parse(text, { schema: 'core', logLevel: 'error' });
    if (isJsonObject(content)) return { path, content };
  } catch (cause) {
    throw new Failure('config', `the kubeconfig ${path} is not YAML: ${messageOf(cause).split('\n')[0]}`, { cause });
  }
  throw new Failure('config', `the kubeconfig ${path} is no object: expected clusters, users and contexts`);
}

function textOf(files: Pick<Files, 'read'>, path: string): string | Failure {
  try {
    return files.read(path).toString('utf8');
  } catch (cause) {
    return new Failure('config', `the kubeconfig ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** With what the user's credential plugin answers in its place. */
function withCredentials(root: Named, kubeconfig: JsonObject, run: RunProgram): JsonObject {
  const context = readNamed(root, {
    list: 'contexts',
    name: readText(root, 'current-context') ?? '',
    content: 'context',
  });
  const name = readText(context, 'user') ?? '';
  const user = readNamed(root, { list: 'users', name, content: 'user' });
  const exec = isJsonObject(user.value) ? user.value['exec'] : undefined;
  if (!isJsonObject(exec)) return kubeconfig;
  const cluster = readNamed(root, { list: 'clusters', name: readText(context, 'cluster') ?? '', content: 'cluster' });
  const credentials = runCredentialPlugin({
    exec: { path: `${user.path}.exec`, value: exec },
    cluster: isJsonObject(cluster.value) ? cluster.value : {},
    run,
  });
  return { ...kubeconfig, users: [{ name, user: credentials }] };
}

function withWayOut(error: unknown, context: string): unknown {
  if (!(error instanceof Failure) || !error.message.includes(' is not supported')) return error;
  const details = `kubectl can do it instead: kubectl --context ${context} proxy --port=8001, and a kubeconfig whose server is http://127.0.0.1:8001 without a user's credentials`;
  return new Failure(error.kind, error.message, { details, cause: error });
}

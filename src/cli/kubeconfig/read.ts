import { isatty } from 'node:tty';
import { accessOf, type ClusterAccess } from '../../kube/kubeconfig.ts';
import { readNamed, readText, type Named } from '../../kube/kubeconfig-fields.ts';
import { Failure, messageOf, systemCode } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { runCredentialPlugin, type CredentialRequest } from './exec-credential.ts';
import { chooseContext, type ChosenContext, type ParsedFile } from './merge.ts';
import { renewedAccess, type Fetched } from './renewed-access.ts';
import { rereadAccess } from './reread-access.ts';
import type { RunProgram } from './run-program.ts';

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
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds, monotonic. */
  readonly clock?: () => number;
}

/**
 * A person's kubeconfig: YAML, perhaps of several files, perhaps with a program that fetches credentials. What the
 * plugin refuses besides (proxies, passwords, unchecked TLS, impersonation) is refused here too.
 * @throws Failure `config`
 */
export async function readUserKubeconfig(request: KubeconfigRequest): Promise<UserKubeconfig> {
  const first = await readContext(request);
  const { name, namespace, kubeconfig, path, accessWith } = first;
  // Somebody may have switched to another one meanwhile.
  const readAgain = async (): Promise<ReadContext> => readContext({ ...request, context: name });
  const program = programOf({ path, value: kubeconfig });
  if (program !== undefined)
    return { access: await accessBy(program, { ...request, first, readAgain }), context: name, namespace };
  const reread = async (): Promise<ClusterAccess> => {
    const now = await readAgain();
    return now.accessWith(now.kubeconfig);
  };
  return { access: rereadAccess(accessWith(kubeconfig), reread), context: name, namespace };
}

interface ReadContext extends ChosenContext {
  /** Of the files, for messages. */
  readonly path: string;
  readonly accessWith: (kubeconfig: JsonObject) => ClusterAccess;
}

async function readContext({ files, paths, context }: KubeconfigRequest): Promise<ReadContext> {
  const read = await Promise.all(paths.map((path) => parseFile(files, { path, optional: paths.length > 1 })));
  const parsed = read.filter((file) => file !== undefined);
  if (parsed.length === 0) throw new Failure('config', `the kubeconfigs ${paths.join(':')} are missing: expected one`);
  const chosen = chooseContext(parsed, context);
  const path = `kubeconfig ${paths.join(':')}`;
  const accessWith = (value: JsonObject): ClusterAccess => {
    try {
      return accessOf({ path, value }, { files, folder: '/' });
    } catch (error) {
      throw withWayOut(error, chosen.name);
    }
  };
  return { ...chosen, path, accessWith };
}

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
  const { parseValue } = await import('../yaml/value.ts');
  try {
    const content = parseValue(text);
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

interface CredentialProgram extends Omit<CredentialRequest, 'run' | 'timeout'> {
  /** Name of the user whose credentials it fetches. */
  readonly user: string;
}

/** The user's credential plugin; undefined: there is none. */
function programOf(root: Named): CredentialProgram | undefined {
  const context = readNamed(root, {
    list: 'contexts',
    name: readText(root, 'current-context') ?? '',
    content: 'context',
  });
  const name = readText(context, 'user') ?? '';
  const user = readNamed(root, { list: 'users', name, content: 'user' });
  const exec = isJsonObject(user.value) ? user.value['exec'] : undefined;
  if (!isJsonObject(exec)) return undefined;
  const cluster = readNamed(root, { list: 'clusters', name: readText(context, 'cluster') ?? '', content: 'cluster' });
  return {
    user: name,
    exec: { path: `${user.path}.exec`, value: exec },
    cluster: isJsonObject(cluster.value) ? cluster.value : {},
  };
}

interface AccessRequest extends Pick<KubeconfigRequest, 'run' | 'now' | 'clock'> {
  readonly first: ReadContext;
  readonly readAgain: () => Promise<ReadContext>;
}

/** Milliseconds that a program has, where no person is asked. */
const patience = 60_000;

/** With what the program answers in its place. */
async function accessBy({ user: name, ...program }: CredentialProgram, request: AccessRequest): Promise<ClusterAccess> {
  const { first: context, readAgain, run, now = Date.now, clock = () => performance.now() } = request;
  const fetch = async (timeout: number | undefined): Promise<Fetched> => {
    const { user, expires } = await runCredentialPlugin({ ...program, run, timeout });
    const accessIn = ({ accessWith, kubeconfig }: ReadContext): ClusterAccess =>
      accessWith({ ...kubeconfig, users: [{ name, user }] });
    const access = accessIn(context);
    access.token();
    return { access, expires, reread: async () => accessIn(await readAgain()) };
  };
  const first = await fetch(isatty(0) ? undefined : patience);
  return renewedAccess(first, { fetch: async () => fetch(patience), now, clock });
}

function withWayOut(error: unknown, context: string): unknown {
  if (!(error instanceof Failure) || !error.message.includes(' is not supported')) return error;
  const details = `kubectl can do it instead: kubectl --context ${context} proxy --port=8001, and a kubeconfig whose server is http://127.0.0.1:8001 without a user's credentials`;
  return new Failure(error.kind, error.message, { details, cause: error });
}

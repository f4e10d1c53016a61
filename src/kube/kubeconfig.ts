import { parseJsonObject } from '../config/json.ts';
import { Failure, messageOf } from '../system/failure.ts';
import type { Files } from '../system/files.ts';
import { presentKey, readNamed, readText, type Named } from './kubeconfig-fields.ts';
import { readServer, type Server } from './server.ts';

/** Where an API server is, and how to speak to it. */
export interface ClusterAccess {
  readonly server: Server;
  /** PEM; undefined: the certificates that Node brings. */
  readonly ca: string | undefined;
  /** Name that the server's certificate is checked against, if it is not the server's own. */
  readonly servername: string | undefined;
  /** PEM. */
  readonly clientCertificate: { readonly cert: string; readonly key: string } | undefined;
  /** Reads the token file, if that is where it is: it is replaced while we run. undefined: none is sent. */
  readonly token: () => string | undefined;
  /**
   * Where a process lives long: the same access with the credentials, and the authority's certificates, of now. Absent: it
   * stays as it is.
   * @throws Failure `config` when the program fails, `unavailable` when it takes longer than there is time
   */
  readonly renewed?: (refused: Refused) => Promise<ClusterAccess>;
}

export interface Refused {
  /** What the API server has just refused; undefined: nothing. */
  readonly refused?: ClusterAccess | undefined;
  /** By which the API server was just not believed to be who it is; undefined: none. */
  readonly distrusting?: ClusterAccess | undefined;
  /** Milliseconds for other credentials. */
  readonly patience: number;
}

/** What must not be passed over in silence: without it, we would speak to another server, or as somebody else. */
const refusedOfCluster = ['insecure-skip-tls-verify', 'proxy-url'];
const refusedOfUser = ['exec', 'auth-provider', 'username', 'password', 'as', 'as-uid', 'as-groups', 'as-user-extra'];

/**
 * Reads the current context of a kubeconfig in its JSON form; relative paths in it start at its own folder.
 * A reader of YAML would cost every start of the plugin, for a file that a program writes.
 * @throws Failure `config` naming the file and the key
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export function readKubeconfig(files: Pick<Files, 'read'>, path: string): ClusterAccess {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return accessOf({ path: `kubeconfig ${path}`, value: parse(files, path) }, { files, folder });
}

/**
 * The same of a kubeconfig that has been parsed.
 * @param from where relative paths in it start; ends with a slash
 */
export function accessOf(
  root: Named,
  from: { readonly files: Pick<Files, 'read'>; readonly folder: string },
): ClusterAccess {
  const context = readNamed(root, {
    list: 'contexts',
    name: readText(root, 'current-context') ?? '',
    content: 'context',
  });
  const cluster = readNamed(root, { list: 'clusters', name: readText(context, 'cluster') ?? '', content: 'cluster' });
  const user = readNamed(root, { list: 'users', name: readText(context, 'user') ?? '', content: 'user' });
  refuse(cluster, refusedOfCluster);
  refuse(user, refusedOfUser);
  const read = reader(from);
  const server = readServer(cluster);
  const token = tokenOf(user, read);
  const clientCertificate = certificateOf(user, read);
  refusePlainSecrets(server, token !== undefined, cluster);
  return {
    server,
    ca: contentOf(cluster, 'certificate-authority', read),
    servername: readText(cluster, 'tls-server-name'),
    clientCertificate,
    token: token ?? (() => undefined),
  };
}

/** Reads a file that a key of the kubeconfig names. */
type Read = (key: Named, path: string) => string;

function parse(files: Pick<Files, 'read'>, path: string): unknown {
  let bytes: Buffer;
  try {
    bytes = files.read(path);
  } catch (cause) {
    throw new Failure('config', `the kubeconfig ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  try {
    return parseJsonObject(bytes, `the kubeconfig ${path}`);
  } catch (cause) {
    throw new Failure('config', `${messageOf(cause)}; expected the JSON form of a kubeconfig`, {
      details: `convert it with: kubectl config view --kubeconfig ${path} --raw --flatten -o json`,
    });
  }
}

function reader({ files, folder }: { readonly files: Pick<Files, 'read'>; readonly folder: string }): Read {
  return (key, path) => {
    try {
      return files.read(path.startsWith('/') ? path : `${folder}${path}`).toString('utf8');
    } catch (cause) {
      throw new Failure('config', `${key.path}: ${messageOf(cause)}; expected a file that can be read`, { cause });
    }
  };
}

function refuse(named: Named, keys: readonly string[]): void {
  const key = keys.find((one) => presentKey(named, one));
  if (key === undefined) return;
  throw new Failure(
    'config',
    `${named.path}.${key} is not supported: expected a certificate-authority for the server, and token, tokenFile or a client certificate for the user`,
  );
}

/** As with kubectl, the file wins: a token beside it is only what the file held once. */
function tokenOf(user: Named, read: Read): (() => string) | undefined {
  const file = readText(user, 'tokenFile');
  const token = readText(user, 'token');
  if (file === undefined) return token === undefined ? undefined : () => checkToken(token, `${user.path}.token`);
  const key = { path: `${user.path}.tokenFile`, value: file };
  return () => checkToken(read(key, file).trim(), key.path);
}

/** It becomes part of a header. */
function checkToken(token: string, path: string): string {
  if (/^[!-~]+$/.test(token)) return token;
  throw new Failure('config', `${path} holds no token: expected printable ASCII without spaces`);
}

function certificateOf(user: Named, read: Read): ClusterAccess['clientCertificate'] {
  const cert = contentOf(user, 'client-certificate', read);
  const key = contentOf(user, 'client-key', read);
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw new Failure(
    'config',
    `${user.path} has only one of client-certificate and client-key: expected both or neither`,
  );
}

/** PEM of `<key>-data` (base64), else of the file that `<key>` names. */
function contentOf(named: Named, key: string, read: Read): string | undefined {
  const data = readText(named, `${key}-data`);
  const file = readText(named, key);
  if (data === undefined && file === undefined) return undefined;
  const path = `${named.path}.${key}${data === undefined ? '' : '-data'}`;
  const pem = data === undefined ? read({ path, value: file }, file ?? '') : Buffer.from(data, 'base64').toString();
  if (pem.includes('-----BEGIN ')) return pem;
  throw new Failure('config', `${path} holds no PEM block: expected one, in base64 where the key ends with -data`);
}

function refusePlainSecrets(server: Server, hasToken: boolean, cluster: Named): void {
  if (server.secure || !hasToken || ['127.0.0.1', '::1', 'localhost'].includes(server.host)) return;
  throw new Failure('config', `${cluster.path}.server is http, which would show the token to all: expected https`);
}

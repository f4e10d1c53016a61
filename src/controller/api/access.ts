import { join } from 'node:path';
import { parse } from 'yaml';
import { readKubeconfig, type ClusterAccess } from '../../kube/kubeconfig.ts';
import { readServer } from '../../kube/server.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';

export interface AccessSources {
  /** `--kubeconfig` */
  readonly kubeconfig: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: Pick<Files, 'read' | 'exists'>;
}

export interface FoundAccess {
  readonly access: ClusterAccess;
  /** Where it is from, for people. */
  readonly source: string;
}

/**
 * How to reach the API server: the kubeconfig that is named, that of $KUBECONFIG, the ServiceAccount of the Pod that
 * this runs in, or ~/.kube/config; in this order. A kubeconfig may be YAML or JSON.
 * @throws Failure `config` naming the file and the key
 */
export function findAccess({ kubeconfig, env, files }: AccessSources): FoundAccess {
  const named = kubeconfig ?? env['KUBECONFIG'] ?? '';
  if (named !== '') return fromKubeconfig(files, named);
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  if (host !== '' && files.exists(join(serviceAccount, 'token'))) return fromServiceAccount(files, { host, env });
  const own = join(env['HOME'] ?? '/root', '.kube', 'config');
  if (files.exists(own)) return fromKubeconfig(files, own);
  throw new Failure(
    'config',
    `no way to the API server is known: expected --kubeconfig, $KUBECONFIG, a Pod with a ServiceAccount, or ${own}`,
  );
}

/** https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

function fromKubeconfig(files: Pick<Files, 'read'>, path: string): FoundAccess {
  const read = (file: string): Buffer => (file === path ? asJson(files.read(file), path) : files.read(file));
  return { access: readKubeconfig({ read }, path), source: `the kubeconfig ${path}` };
}

/** What the plugin reads is JSON; what people have is YAML, of which JSON is a part. */
function asJson(text: Buffer, path: string): Buffer {
  try {
    const value: unknown = parse(text.toString('utf8'));
    return Buffer.from(JSON.stringify(value ?? {}));
  } catch (cause) {
    throw new Failure('config', `the kubeconfig ${path} is not YAML: ${messageOf(cause)}`, { cause });
  }
}

function fromServiceAccount(
  files: Pick<Files, 'read'>,
  { host, env }: { readonly host: string; readonly env: AccessSources['env'] },
): FoundAccess {
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`;
  const text = (file: string): string => files.read(join(serviceAccount, file)).toString('utf8');
  return {
    source: `the ServiceAccount in ${serviceAccount}`,
    access: {
      server: readServer({ path: 'KUBERNETES_SERVICE_HOST', value: { server } }),
      ca: text('ca.crt'),
      servername: undefined,
      clientCertificate: undefined,
      // The kubelet replaces it while we run.
      token: () => text('token').trim(),
    },
  };
}

import { join } from 'node:path';
import type { ClusterAccess } from '../../kube/kubeconfig.ts';
import { readServer } from '../../kube/server.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';

/**
 * How a container of a Pod reaches the API server: as the Pod's ServiceAccount.
 * @param env of the process
 * @returns undefined where this is no such container
 * @throws Failure `config`
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export function accessOfPod(
  files: Pick<Files, 'read' | 'exists'>,
  env: Readonly<Record<string, string | undefined>>,
): ClusterAccess | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  if (host === '' || !files.exists(join(folder, 'token'))) return undefined;
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`;
  return {
    server: readServer({ path: 'the environment', value: { server } }),
    ca: textOf(files, 'ca.crt'),
    servername: undefined,
    clientCertificate: undefined,
    // The kubelet replaces it while we run.
    token: () => textOf(files, 'token').trim(),
  };
}

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';

function textOf(files: Pick<Files, 'read'>, name: string): string {
  try {
    return files.read(join(folder, name)).toString('utf8');
  } catch (cause) {
    throw new Failure('config', `the ServiceAccount's ${join(folder, name)} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

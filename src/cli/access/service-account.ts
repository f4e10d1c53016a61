import { join } from 'node:path';
import type { ClusterAccess } from '../../kube/kubeconfig.ts';
import { readServer } from '../../kube/server.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Files } from '../../system/files.ts';
import { rereadAccess } from '../kubeconfig/reread-access.ts';

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
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`;
  const server = readServer({ path: 'the environment', value: { server: url } });
  // The kubelet replaces token and certificates while we run.
  const read = (): ClusterAccess => ({
    server,
    ca: authoritiesOf(files),
    servername: undefined,
    clientCertificate: undefined,
    token: () => textOf(files, 'token').trim(),
  });
  return rereadAccess(read(), async () => read());
}

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Without any, we would trust whom Node trusts. */
function authoritiesOf(files: Pick<Files, 'read'>): string {
  const pem = textOf(files, 'ca.crt');
  if (pem.includes('-----BEGIN ')) return pem;
  throw new Failure('config', `the ServiceAccount's ${join(folder, 'ca.crt')} holds no PEM block: expected one`);
}

function textOf(files: Pick<Files, 'read'>, name: string): string {
  try {
    return files.read(join(folder, name)).toString('utf8');
  } catch (cause) {
    throw new Failure('config', `the ServiceAccount's ${join(folder, name)} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

import type { ClusterAccess } from '../../kube/kubeconfig.ts';
import { readServer, type Server } from '../../kube/server.ts';

export interface KubeconfigRequest {
  /** How we reach the API server, and what we trust. */
  readonly access: Pick<ClusterAccess, 'server' | 'ca' | 'servername'>;
  /** URL, where the plugin shall use another one. */
  readonly server: string | undefined;
}

/**
 * The plugin's kubeconfig, in JSON form: a reader of YAML would cost each start. The token lies beside it, so that it
 * can be replaced alone.
 * @returns JSON
 * @throws Failure `config` for a server that is no URL
 */
export function kubeconfigText({ access, server }: KubeconfigRequest): string {
  const url = server === undefined ? access.server : readServer({ path: 'the command line', value: { server } });
  const cluster = {
    server: urlOf(url),
    ...(access.ca !== undefined && { 'certificate-authority-data': Buffer.from(access.ca).toString('base64') }),
    ...(access.servername !== undefined && { 'tls-server-name': access.servername }),
  };
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster }],
    users: [{ name: 'plugin', user: { tokenFile: 'token' } }],
    contexts: [{ name: 'plugin', context: { cluster: 'cluster', user: 'plugin' } }],
    'current-context': 'plugin',
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

function urlOf({ secure, host, port, base }: Server): string {
  return `http${secure ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}${base}`;
}

import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { ClusterAccess } from '../kubeconfig.ts';

/**
 * What @kubernetes/client-node needs to know. Its own readers of kubeconfigs know no `tokenFile`, and ours says what is
 * wrong with one.
 * @param headers of every request
 */
export function clientConfig(access: ClusterAccess, headers: Readonly<Record<string, string>>): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [clusterOf(access)],
    users: [userOf(access)],
    contexts: [{ name, cluster: name, user: name }],
    currentContext: name,
  });
  config.addAuthenticator({
    isAuthProvider: () => true,
    applyAuthentication: async (_user: unknown, options: object) => {
      const token = access.token();
      const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
      Object.assign(options, { headers: { ...headers, ...authorization } });
    },
  });
  return config;
}

const name = 'cluster';

function clusterOf({ server, ca, servername }: ClusterAccess): object {
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  return {
    name,
    server: `http${server.secure ? 's' : ''}://${host}:${server.port}${server.base}`,
    // Without TLS there is nothing to verify, and client-node demands to be told so.
    skipTLSVerify: !server.secure,
    ...(ca !== undefined && { caData: base64(ca) }),
    ...(servername !== undefined && { tlsServerName: servername }),
  };
}

function userOf({ clientCertificate }: ClusterAccess): object {
  if (clientCertificate === undefined) return { name };
  return { name, certData: base64(clientCertificate.cert), keyData: base64(clientCertificate.key) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

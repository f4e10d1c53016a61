import { Watch } from '@kubernetes/client-node/dist/watch.js';
import { HttpMethod, RequestContext } from '@kubernetes/client-node/dist/gen/http/http.js';
import { describe, expect, it } from 'vitest';
import { clientConfig } from '../../../src/kube/watch/client-config.ts';
import type { ClusterAccess } from '../../../src/kube/kubeconfig.ts';

function accessWith(more: Partial<ClusterAccess>): ClusterAccess {
  const server = { secure: true, host: '10.0.0.1', port: 6443, base: '/base' };
  return {
    server,
    ca: undefined,
    servername: undefined,
    clientCertificate: undefined,
    token: () => undefined,
    ...more,
  };
}

describe('@kubernetes/client-node', () => {
  it('has the limit of silence that we set, by a name that it does not promise', () => {
    expect(Object.keys(new Watch(clientConfig(accessWith({}), {})))).toContain('requestTimeoutMs');
  });

  it('is told the server, and for each request the token of that moment', async () => {
    const tokens = ['one', 'two'];
    const config = clientConfig(accessWith({ token: () => tokens.shift() }), { Accept: 'application/json' });
    expect(config.getCurrentCluster()?.server).toBe('https://10.0.0.1:6443/base');
    for (const token of ['one', 'two']) {
      const request = new RequestContext('https://10.0.0.1:6443/api', HttpMethod.GET);
      await config.applySecurityAuthentication(request);
      expect(request.getHeaders()).toMatchObject({ Authorization: `Bearer ${token}`, Accept: 'application/json' });
    }
  });

  it('is told certificates, and the name that is expected of the server', () => {
    const clientCertificate = { cert: 'CERT', key: 'KEY' };
    const config = clientConfig(accessWith({ ca: 'CA', servername: 'kubernetes', clientCertificate }), {});
    expect(config.getCurrentCluster()).toMatchObject({
      caData: 'Q0E=',
      tlsServerName: 'kubernetes',
      skipTLSVerify: false,
    });
    expect(config.getCurrentUser()).toMatchObject({ certData: 'Q0VSVA==', keyData: 'S0VZ' });
  });
});

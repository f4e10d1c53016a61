import { describe, expect, it } from 'vitest';
import { findAccess } from '../../../src/cli/access/find.ts';

const kubeconfig = JSON.stringify({
  'current-context': 'a',
  contexts: ['a', 'b'].map((name) => ({ name, context: { cluster: name, user: 'u' } })),
  clusters: ['a', 'b'].map((name) => ({ name, cluster: { server: `http://127.0.0.1/${name}` } })),
  users: [{ name: 'u', user: {} }],
});
const account = '/var/run/secrets/kubernetes.io/serviceaccount';
const inPod = { KUBERNETES_SERVICE_HOST: '10.96.0.1', HOME: '/home/me' };

/** Only these are there, each a kubeconfig, besides the ServiceAccount of a Pod. */
function filesWith(...paths: readonly string[]) {
  const exists = (path: string): boolean => paths.includes(path) || path.startsWith(account);
  const read = (path: string): Buffer => {
    if (exists(path)) return Buffer.from(path.startsWith(account) ? '-----BEGIN secret' : kubeconfig);
    throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
  };
  return { exists, read };
}

describe('whom agent, controller and install ask', () => {
  it.each<Row>([
    ['the file that is named', { kubeconfig: '/a:b', env: inPod }, 'the kubeconfig /a:b', '/a'],
    ['the files of $KUBECONFIG', { env: { ...inPod, KUBECONFIG: '/x:/a:b' } }, 'the kubeconfig /x:/a:', '/a'],
    ['the Pod, where nothing is named', { env: inPod }, "the Pod's ServiceAccount", ''],
    [
      'a kubeconfig, where its context is named',
      { context: 'b', env: inPod },
      'the kubeconfig /home/me/.kube/config',
      '/b',
    ],
    ['that of root, without a home', { env: { HOME: '' } }, 'the kubeconfig /root/.kube/config', '/a'],
  ])('is %s', async (...[, { kubeconfig: named, context, env }, source, base]: Row) => {
    const files = filesWith('/a:b', '/x', '/home/me/.kube/config', '/root/.kube/config');
    const found = await findAccess({ kubeconfig: named, context, env, files });
    expect(found.source).toContain(source);
    expect(found.access.server.base).toBe(base);
  });
});

type Row = readonly [string, Asked, string, string];

interface Asked {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly env: Readonly<Record<string, string>>;
}

import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addNetns } from '../fixture/netns.ts';
import { createResources } from '../fixture/resources.ts';
import { accepted, type Api } from './api.ts';
import { startCluster, type Cluster } from './cluster.ts';
import { makeNamespace, makeNode, makePod, makeToken, removePod } from './objects.ts';
import { findClusterTools } from './tools.ts';

const resources = createResources();
const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('a test cluster', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: true });
  });
  afterAll(() => cluster.stop());
  afterEach(resources.release);

  it('is a Kubernetes of the version that go.mod pins', async () => {
    expect((await cluster.admin.get('/version')).body).toMatchObject({ major: '1', gitVersion: 'v1.36.3' });
  });

  it('knows who asks: a token, a client certificate, somebody impersonated', async () => {
    const alice = await cluster.authority.issue({ name: 'alice', subject: '/O=people/CN=alice' });
    const bob = { user: 'bob', groups: ['a', 'b'], extra: { 'example.com/node': 'n' } };
    expect(await whoAmI(cluster.admin)).toMatchObject({ userInfo: { username: 'admin' } });
    expect(await whoAmI(cluster.withCertificate(alice))).toMatchObject({ userInfo: { username: 'alice' } });
    expect(await whoAmI(cluster.impersonate(bob))).toMatchObject({
      userInfo: { username: 'bob', groups: ['a', 'b', 'system:authenticated'], extra: { 'example.com/node': ['n'] } },
    });
    expect((await cluster.withToken('wrong').get('/api/v1/nodes')).status).toBe(401);
  });

  it('gives tokens that are bound to a Node, and end with it', async () => {
    await makeNode(cluster.admin, 'short-lived');
    await makeNamespace(cluster.admin, 'tokens');
    const token = await makeToken(cluster.admin, {
      namespace: 'tokens',
      serviceAccount: 'default',
      node: 'short-lived',
    });
    const api = cluster.withToken(token);
    expect(await whoAmI(api)).toMatchObject({
      userInfo: {
        username: 'system:serviceaccount:tokens:default',
        extra: { 'authentication.kubernetes.io/node-name': ['short-lived'] },
      },
    });
    expect((await api.get('/api/v1/nodes')).status).toBe(403);
  });

  it('holds Pods that nobody runs', async () => {
    await makeNode(cluster.admin, 'idle');
    await makeNamespace(cluster.admin, 'pods');
    await makePod(cluster.admin, { namespace: 'pods', name: 'a', node: 'idle' });
    const path = '/api/v1/namespaces/pods/pods/a';
    expect((await cluster.admin.get(path)).body).toMatchObject({ spec: { nodeName: 'idle' } });
    await removePod(cluster.admin, { namespace: 'pods', name: 'a' });
    expect((await cluster.admin.get(path)).status).toBe(404);
  });

  it('keeps an audit log', async () => {
    await cluster.admin.get('/api/v1/namespaces/default/configmaps/nothing');
    const seen = (await cluster.audited()).filter(({ name }) => name === 'nothing');
    expect(seen).toMatchObject([
      { verb: 'get', resource: 'configmaps', namespace: 'default', user: 'admin', code: 404 },
    ]);
  });

  it('is reached from the network namespaces of its Nodes', async () => {
    for (const netns of [await resources.use(addNetns()), await resources.use(addNetns())]) {
      const server = await cluster.admitNode(netns);
      const config = cluster.kubeconfig({ token: cluster.adminToken }, { server });
      expect(readFileSync(config, 'utf8')).toContain(server);
      const call = `fetch(process.env.URL).then((answer) => answer.text()).then((text) => console.log(text))`;
      const env = { URL: `${server}/readyz`, NODE_EXTRA_CA_CERTS: cluster.authority.certificate };
      expect((await netns.run([process.execPath, '-e', call], { env })).stdout).toBe('ok\n');
    }
  });

  it('forgets nothing when the API server is killed', async () => {
    await makeNamespace(cluster.admin, 'kept');
    await cluster.kill();
    await expect(cluster.admin.get('/api/v1/namespaces/kept')).rejects.toThrow();
    await cluster.restart();
    expect((await cluster.admin.get('/api/v1/namespaces/kept')).status).toBe(200);
  });
});

async function whoAmI(api: Api): Promise<unknown> {
  return accepted(await api.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}))['status'];
}

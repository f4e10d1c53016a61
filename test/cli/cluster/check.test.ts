import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accepted, type Api } from '../../cluster/api.ts';
import { startCluster, type Cluster } from '../../cluster/cluster.ts';
import { applyDeploy, applyObject, readManifests } from '../../cluster/deploy.ts';
import type { Credentials } from '../../cluster/kubeconfig.ts';
import { makeNode, makeRoleToken, makeToken } from '../../cluster/objects.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { isObject, objectsIn, type JsonObject } from '../../fixture/json.ts';
import { until } from '../../fixture/until.ts';
import { parsed, welcome, type Person } from './person.ts';
import { installDefinitions } from './world.ts';

const tools = await findClusterTools();
const admission = '/apis/admissionregistration.k8s.io/v1';
const rbac = '/apis/rbac.authorization.k8s.io/v1';

describe.skipIf(tools.dir === undefined)('antrea check on a Node of a cluster', () => {
  let cluster: Cluster;
  let bare: Cluster;
  let admin: Api;
  let token: string;
  let me: Person;
  beforeAll(async () => {
    [cluster, bare] = await Promise.all([startCluster(), startCluster()]);
    ({ admin } = cluster);
    await applyDeploy(cluster);
    for (const node of ['node-1', 'node-2']) await makeNode(admin, node);
    token = await makeRoleToken(admin, 'plugin', 'node-1');
  });
  afterAll(async () => {
    await cluster.stop();
    await bare.stop();
  });
  beforeEach(async () => {
    me = await welcome();
  });
  afterEach(() => me.leave());

  /** What it says of the cluster, by name. */
  const check = async (credentials: Credentials, of = cluster): Promise<Readonly<Record<string, string>>> => {
    const kubeconfig = of.kubeconfig(credentials);
    return checkWith({ kubeconfig, nodeName: 'node-1' });
  };
  const checkWith = async (settings: object): Promise<Readonly<Record<string, string>>> => {
    const nodeFile = me.write('node.json', JSON.stringify({ dataDir: join(me.home, 'data'), ...settings }));
    const { stdout } = await me.antrea(['check', '--node-config', nodeFile, '-o', 'json']);
    const report = parsed(stdout);
    const findings = isObject(report) ? objectsIn(report['checks']) : [];
    return Object.fromEntries(findings.map((finding) => [String(finding['name']), lineOf(finding)]));
  };

  it('finds all that a Node needs', async () => {
    const found = await check({ token });
    expect(found['API server']).toMatch(/^ok https:\/\/127\.0\.0\.1:\d+, Kubernetes v1\.\d+/u);
    expect(found['token']).toMatch(/^ok of antrea-cni\/plugin, bound to Node node-1, valid for \d+ more minutes$/u);
    expect(found).toMatchObject({
      CRDs: 'ok IPPool (v1beta1, v1alpha2) and IPAllocation are there',
      policies: 'ok are in force: an allocation in the name of another Node is refused',
      allocation: 'ok would be accepted (tried without an effect)',
      rights: 'ok all that an attachment takes',
    });
    expect(found['networks']).toContain('knows no NetworkAttachmentDefinitions: they come with Multus');
    expect(await admin.list('/apis/crd.antrea.io/v1beta1/ipallocations')).toStrictEqual([]);
    await installDefinitions(cluster);
    // A kind that was made just now is not served at once.
    const isKnown = async (): Promise<boolean> =>
      (await check({ token }))['networks'] === 'ok the cluster knows NetworkAttachmentDefinitions';
    await until(isKnown, { what: 'networks that are known' });
  });

  it('finds that a token is of another Node, of none, or not valid', async () => {
    const foreign = await check({ token: await makeRoleToken(admin, 'plugin', 'node-2') });
    expect(foreign['token']).toMatch(
      /^fail of antrea-cni\/plugin, bound to Node node-2, and the Node file's nodeName is node-1.* -> put nodeName right/u,
    );
    expect(foreign['allocation']).toMatch(
      /^fail would be refused: .*only allocations whose owner\.pod\.node is node-2/u,
    );
    const unbound = await check({
      token: await makeToken(admin, { namespace: 'antrea-cni', serviceAccount: 'plugin' }),
    });
    expect(unbound['token']).toMatch(/^fail of antrea-cni\/plugin, bound to no Node/u);
    const invalid = await check({ token: 'nonsense' });
    expect(invalid['token']).toMatch(/^fail .*does not accept the credentials.* -> a new one: docs\/kubernetes\.md/u);
    expect(invalid['CRDs']).toBeUndefined();
  });

  it('finds that the Node may do everything, which no policy limits', async () => {
    const found = await check({ token: cluster.adminToken });
    expect(found['token']).toMatch(/^warn this Node speaks as admin, whom no policy keeps to this Node/u);
    expect(found['rights']).toMatch(/^warn this Node may do everything in the cluster/u);
    expect(found['policies']).toMatch(/^ok are not about whoever/u);
    expect(found['pools']).toMatch(/^warn none yet/u);
  });

  it('finds that the policies are not bound, and so not in force', async () => {
    const path = `${admission}/validatingadmissionpolicybindings/antrea-cni-allocations-of-own-node`;
    const binding = accepted(await admin.get(path));
    accepted(await admin.remove(path));
    // The API server learns of it some time later.
    await until(async () => (await check({ token }))['policies']?.startsWith('fail are not in force') === true, {
      what: 'policies found not to be in force',
    });
    expect((await check({ token: cluster.adminToken }))['policies']).toBe(
      'fail not installed, or not bound with Deny: antrea-cni-allocations-of-own-node -> kubectl apply -f deploy/policies.yaml',
    );
    accepted(await admin.post(path.replace(/\/[^/]*$/u, ''), remake(binding)));
    await until(async () => (await check({ token }))['policies']?.startsWith('ok are in force') === true, {
      what: 'policies found to be in force',
    });
  });

  it('finds that rights are missing', async () => {
    const path = `${rbac}/clusterrolebindings/antrea-cni-plugin`;
    const binding = accepted(await admin.get(path));
    accepted(await admin.remove(path));
    // The API server learns of it some time later.
    const isMissing = async (): Promise<boolean> => (await check({ token }))['rights']?.startsWith('fail') === true;
    await until(isMissing, { what: 'rights found to be missing' });
    const found = await check({ token });
    expect(found['rights']).toMatch(
      /^fail this Node may not get ippools, get ipallocations, .*patch pods\/status.* -> kubectl apply -f deploy\/rbac\.yaml$/u,
    );
    expect(found['policies']).toMatch(/^warn could not be tried: a right is missing/u);
    accepted(await admin.post(path.replace(/\/[^/]*$/u, ''), remake(binding)));
  });

  it('finds that the CRDs are missing, or those of a real Antrea', async () => {
    const credentials = { token: bare.adminToken };
    expect((await check(credentials, bare))['CRDs']).toBe(
      'fail the API server knows no IPPools -> kubectl apply -f deploy/crds.yaml',
    );
    await applyObject(bare.admin, antreasOwn());
    await until(async () => (await check(credentials, bare))['CRDs']?.includes('kube-system/antrea') === true, {
      what: 'the conversion webhook',
    });
    // Who may not read CRDs sees it by what they lack.
    await makeNode(bare.admin, 'node-1');
    accepted(await bare.admin.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'node' } }));
    const poor = {
      token: await makeToken(bare.admin, { namespace: 'default', serviceAccount: 'node', node: 'node-1' }),
    };
    await until(
      async () => (await check(poor, bare))['CRDs']?.includes('lacks what deploy/crds.yaml gives it') === true,
      {
        what: 'a schema without excludes',
      },
    );
  });

  it('finds that no API server answers, and that there is no token', async () => {
    const away = { ...(await nothingThere()), nodeName: 'node-1' };
    expect((await checkWith(away))['API server']).toMatch(/^fail .*ECONNREFUSED.* -> what is in between: curl -k/u);
    const found = await check({ tokenFile: join(me.home, 'missing') });
    expect(found['kubeconfig']).toMatch(/^fail .*tokenFile: ENOENT/u);
    expect((await checkWith({ kubeconfig: '/missing', nodeName: 'node-1' }))['kubeconfig']).toMatch(
      /^fail the kubeconfig \/missing cannot be read/u,
    );
  });

  const nothingThere = async (): Promise<object> => ({
    kubeconfig: cluster.kubeconfig({ token }, { server: 'https://127.0.0.1:1' }),
  });
});

function lineOf({ state, message, advice }: JsonObject): string {
  return `${String(state)} ${String(message)}${typeof advice === 'string' ? ` -> ${advice}` : ''}`;
}

/** To be created anew. */
function remake({ apiVersion, kind, metadata, ...rest }: JsonObject): object {
  const name = isObject(metadata) ? metadata['name'] : undefined;
  return { apiVersion, kind, metadata: { name }, ...rest };
}

/** As the Antrea project's manifest has it, as far as it matters. */
function antreasOwn(): JsonObject {
  const own = readManifests('deploy/crds.yaml').find(
    ({ metadata }) => isObject(metadata) && metadata['name'] === 'ippools.crd.antrea.io',
  );
  const text = JSON.stringify(own, (key, value: unknown) => (key === 'x-kubernetes-validations' ? undefined : value));
  const crd = parsed(text.replaceAll('"excludes"', '"others"'));
  const spec = isObject(crd) && isObject(crd['spec']) ? crd['spec'] : {};
  const conversion = {
    strategy: 'Webhook',
    webhook: {
      conversionReviewVersions: ['v1', 'v1beta1'],
      clientConfig: { service: { name: 'antrea', namespace: 'kube-system', path: '/convert/ippool' } },
    },
  };
  return { ...(isObject(crd) ? crd : {}), spec: { ...spec, conversion } };
}

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accepted } from '../../cluster/api.ts';
import { allocation } from '../../cluster/allocations.ts';
import { startCluster, type Cluster } from '../../cluster/cluster.ts';
import { applyDeploy, applyFile } from '../../cluster/deploy.ts';
import { allocationPath, poolPath } from '../../cluster/pools.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { manifest } from '../../ipam/sample.ts';
import { empty } from '../../ipam/kubernetes/cluster/cluster-store.ts';
import { parsed, tokenWithRights, welcome, yamlKubeconfig, type Person } from './person.ts';

const tools = await findClusterTools();
const pool = JSON.stringify(manifest({ name: 'blue', ranges: ['192.168.0.10-192.168.0.20'] }));

describe.skipIf(tools.dir === undefined)('antrea ippool with a kubeconfig', () => {
  let cluster: Cluster;
  let bare: Cluster;
  /** With the CRDs, and without the policies. */
  let ruleless: Cluster;
  let me: Person;
  beforeAll(async () => {
    [cluster, bare, ruleless] = await Promise.all([startCluster(), startCluster(), startCluster()]);
    await applyDeploy(cluster);
    accepted(await cluster.admin.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } }));
  });
  afterAll(async () => {
    await cluster.stop();
    await bare.stop();
    await ruleless.stop();
  });
  beforeEach(async () => {
    me = await welcome();
  });
  afterEach(async () => {
    await me.leave();
    await empty(cluster);
  });

  it('makes, shows and deletes pools of the cluster of ~/.kube/config', async () => {
    const path = me.write('.kube/config', yamlKubeconfig(cluster, { token: cluster.adminToken }));
    const store = `store: the cluster of ${path}, context me@test\n`;
    const applied = await me.antrea(['ippool', 'apply', '-f', '-'], { input: pool });
    expect(applied).toStrictEqual({ code: 0, stdout: 'ippool.crd.antrea.io/blue created\n', stderr: store });
    accepted(await cluster.admin.post(allocationPath, allocation({ pool: 'blue', address: '192.168.0.10' })));
    const shown = await me.antrea(['ippool', 'get', 'blue', '-o', 'json']);
    expect(parsed(shown.stdout)).toMatchObject({ status: { usage: { used: 1, total: 11 } } });
    const refused = await me.antrea(['ippool', 'delete', 'blue']);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('1 of its addresses are held');
    accepted(await cluster.admin.remove(`${allocationPath}/blue.192.168.0.10`));
    expect(await me.antrea(['ippool', 'delete', 'blue'])).toMatchObject({ code: 0 });
    const gone = await me.antrea(['ippool', 'get', 'blue']);
    expect(gone.code).toBe(3);
    expect(gone.stderr).toContain(`pool blue does not exist in ${cluster.server}`);
  });

  it('says why the API server keeps a pool of which nobody holds an address', async () => {
    me.write('.kube/config', yamlKubeconfig(cluster, { token: cluster.adminToken }));
    await me.antrea(['ippool', 'apply', '-f', '-'], { input: pool });
    const status = (value: object): Promise<unknown> =>
      cluster.admin.patch(`${poolPath('v1beta1')}/blue/status`, { status: value });
    const usage = { used: 1, total: 11 };
    const ipAddresses = [{ ipAddress: '192.168.0.12', phase: 'Allocated', owner: {} }];
    await status({ usage, ipAddresses });
    const foreign = await me.antrea(['ippool', 'delete', 'blue']);
    expect(foreign.code).toBe(4);
    expect(foreign.stderr).toContain('its status has 1 addresses of another controller, such as 192.168.0.12');
    await status({ usage, ipAddresses: null });
    const stale = await me.antrea(['ippool', 'delete', 'blue']);
    expect(stale.code).toBe(4);
    expect(stale.stderr).toMatch(/1 of its addresses are held\n {2}none is: the status is behind; try again/u);
    await status({ usage: null });
    expect(await me.antrea(['ippool', 'delete', 'blue'])).toMatchObject({ code: 0 });
  });

  it('applies again what it has shown, and shows pools that were made before there were rules', async () => {
    me.write('.kube/config', yamlKubeconfig(cluster, { token: cluster.adminToken }));
    await me.antrea(['ippool', 'apply', '-f', '-'], { input: pool });
    const shown = await me.antrea(['ippool', 'get', 'blue', '-o', 'yaml']);
    expect(shown.stdout).not.toContain('managedFields');
    const again = await me.antrea(['ippool', 'apply', '-f', '-'], { input: shown.stdout });
    expect(again).toMatchObject({ code: 0, stdout: 'ippool.crd.antrea.io/blue unchanged\n' });

    await applyFile(ruleless.admin, 'deploy/crds.yaml');
    const early = manifest({ name: 'early', ranges: ['192.168.0.10-192.168.0.20'], gateway: '10.0.0.1' });
    accepted(await ruleless.admin.post(poolPath('v1beta1'), early));
    me.write('.kube/config', yamlKubeconfig(ruleless, { token: ruleless.adminToken }));
    const { code, stdout } = await me.antrea(['ippool', 'get']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^early +<invalid> +<none> +<none> +0 +0 +\d+s$/mu);
    const { stdout: reason } = await me.antrea(['explain', 'early']);
    expect(reason).toMatch(
      /FAIL {2}spec .*is not in the subnet 10\.0\.0\.1\/24.*: nothing is allocated\n +-> antrea ippool get early -o yaml/u,
    );
  });

  it('reads $KUBECONFIG as kubectl does: a context of one file, the credentials of a program', async () => {
    const login = me.write(
      'bin/login',
      `#!/bin/sh\necho logging in >&2\necho '{"kind":"ExecCredential","status":{"token":"${cluster.adminToken}"}}'\n`,
      0o700,
    );
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './bin/login', interactiveMode: 'Never' };
    const whole = me.write('config', yamlKubeconfig(cluster, { exec }));
    const context = { name: 'mine', context: { cluster: 'test', user: 'me' } };
    const choice = me.write('choice', JSON.stringify({ 'current-context': 'mine', contexts: [context] }));
    const env = { KUBECONFIG: `${choice}:${me.home}/missing:${whole}` };
    const { code, stderr } = await me.antrea(['ippool', 'get'], { env });
    expect(code).toBe(0);
    expect(stderr).toContain('context mine\n');
    expect(stderr).toContain('logging in');
    expect(login).toBe(`${me.home}/bin/login`);
    expect((await me.antrea(['ippool', 'get', '--context', 'me@test'], { env })).stderr).toContain('context me@test\n');
  });

  it('says who may not, and how somebody else is asked', async () => {
    const token = await tokenWithRights(cluster, [
      { apiGroups: ['crd.antrea.io'], resources: ['ippools', 'ipallocations'], verbs: ['get', 'list'] },
    ]);
    const kubeconfig = me.write('reader', yamlKubeconfig(cluster, { token }));
    expect(await me.antrea(['ippool', 'get', '--kubeconfig', kubeconfig])).toMatchObject({ code: 0 });
    const { code, stderr } = await me.antrea(['ippool', 'apply', '-f', '-', '--kubeconfig', kubeconfig], {
      input: pool,
    });
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /cannot create resource "ippools".*\n {2}tried \d times\n {2}who that is: kubectl auth whoami; .*--kubeconfig/u,
    );
  });

  it('says that the CRDs are not installed', async () => {
    me.write('.kube/config', yamlKubeconfig(bare, { token: bare.adminToken }));
    for (const words of [['get'], ['get', 'blue'], ['delete', 'blue'], ['apply', '-f', '-']]) {
      const { code, stdout, stderr } = await me.antrea(['ippool', ...words], { input: pool });
      expect({ code, stdout }).toStrictEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(`the API server ${bare.server} knows no IPPools`);
      expect(stderr).toContain('\n  kubectl apply -f deploy/crds.yaml');
    }
  });

  it('says that the token is not accepted, at once', async () => {
    me.write('.kube/config', yamlKubeconfig(cluster, { token: 'expired' }));
    const { code, stderr } = await me.antrea(['ippool', 'get']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/does not accept the credentials.*\n {2}log in again/u);
  });

  it('says that no API server answers, and how to look', async () => {
    const elsewhere = yamlKubeconfig(cluster, { token: 'x' }).replace(cluster.server, 'https://127.0.0.1:1');
    me.write('.kube/config', elsewhere);
    const { code, stderr } = await me.antrea(['ippool', 'get']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /\nwaiting for the API server https:\/\/127\.0\.0\.1:1, up to 5 s\nerror: .* did not answer .*ECONNREFUSED.*try again later\n(?: {2}.*\n)* {2}does it answer at all: curl/u,
    );
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeAnswer, KubeRequest } from '../../src/kube/client.ts';
import { writePodEvent } from '../../src/kube/pod-event.ts';
import { accepted, type Api } from './api.ts';
import { allocation } from './allocations.ts';
import type { Cluster } from './cluster.ts';
import { startDeployedCluster } from './deployed.ts';
import { makeNode, makePod, makeRoleToken, metadataOf, uidOf } from './objects.ts';
import { allocationPath, finalizer, makePool, pool, poolPath } from './pools.ts';
import { objectsIn } from '../fixture/json.ts';
import { until } from '../fixture/until.ts';
import { findClusterTools } from './tools.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('with what deploy/ grants', () => {
  let cluster: Cluster;
  let plugin: Api;
  let agent: Api;
  let controller: Api;
  let poolName: string;
  beforeAll(async () => {
    cluster = await startDeployedCluster();
    const { admin } = cluster;
    await makeNode(admin, 'node-1');
    accepted(await admin.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } }));
    await makePod(admin, { namespace: 'default', name: 'web-0', node: 'node-1' });
    const { path } = await makePool(admin, pool({ ranges: ['192.168.1.0/24'] }));
    poolName = path.slice(path.lastIndexOf('/') + 1);
    plugin = cluster.withToken(await makeRoleToken(admin, 'plugin', 'node-1'));
    agent = cluster.withToken(await makeRoleToken(admin, 'agent', 'node-1'));
    controller = cluster.withToken(await makeRoleToken(admin, 'controller', 'node-1'));
  });
  afterAll(() => cluster.stop());

  const podStatus = '/api/v1/namespaces/default/pods/web-0/status';

  it.each([
    ['plugin', () => plugin, '10.0.0.1'],
    ['agent', () => agent, '10.0.0.2'],
  ] as const)('the %s reads the pool, allocates, releases', async (_role, api, address) => {
    const path = `${allocationPath}/vlan100.${address}`;
    const requests = [
      () => api().get(`${poolPath('v1beta1')}/${poolName}`),
      () => api().post(allocationPath, allocation({ address, node: 'node-1' })),
      () => api().get(path),
      () => api().get(allocationPath),
      () => api().remove(path),
    ];
    for (const request of requests) expect(await request()).toMatchObject({ message: '' });
    expect((await cluster.admin.get(path)).status).toBe(404);
  });

  it('the plugin reads a Pod and its Namespace, and says in it what it has attached; the agent has no such right of its own', async () => {
    const requests = [
      (api: Api) => api.get('/api/v1/namespaces/default'),
      (api: Api) => api.get('/api/v1/namespaces/default/pods/web-0'),
      (api: Api) => api.patch(podStatus, networkStatus('[{"ips":["10.0.0.1"]}]')),
      (api: Api) => api.patch(podStatus, { metadata: { annotations: { 'k8s.v1.cni.cncf.io/network-status': null } } }),
    ];
    for (const request of requests) {
      expect(await request(plugin)).toMatchObject({ message: '' });
      expect((await request(agent)).status).toBe(403);
    }
  });

  it.each([
    { role: 'plugin', api: () => plugin, event: { type: 'Warning', reason: 'Failed' }, count: 3, message: 'third' },
    // It has told all when it has told it once, and may change no Event.
    {
      role: 'agent',
      api: () => agent,
      event: { type: 'Warning', reason: 'Bare', once: true },
      count: 1,
      message: 'first',
    },
  ] as const)('the $role tells on a Pod what has happened', async ({ role, api, event, count, message: latest }) => {
    const pod = { namespace: 'default', name: 'web-0', uid: role, mirrored: '' };
    const client = {
      send: async ({ method, path, body = {} }: KubeRequest): Promise<KubeAnswer> => {
        const answer = method === 'POST' ? await api().post(path, body) : await api().patch(path, body);
        expect([200, 201, 409]).toContain(answer.status);
        return { ...answer, uncertain: false };
      },
    };
    const reporter = { client, component: `antrea-cni/${role}`, node: 'node-1', patience: 20_000 } as const;
    for (const message of ['first', 'second', 'third']) await writePodEvent(reporter, pod, { ...event, message });
    const path = `/api/v1/namespaces/default/events?fieldSelector=involvedObject.uid%3D${role}`;
    const [told, ...others] = await cluster.admin.list(path);
    expect(told).toMatchObject({ count, message: latest, type: 'Warning' });
    expect(others).toEqual([]);
    const change = await agent.patch(`/api/v1/namespaces/default/events/${metadataOf(told ?? {}, 'name')}`, {
      message: 'all is well',
    });
    expect(change.status).toBe(403);
  });

  it('the agent watches, and asks for the token of the plugin on its Node', async () => {
    const uid = uidOf(accepted(await agent.get('/api/v1/nodes/node-1')));
    // A kind that was made just now is not served at once: 429.
    const served = async (): Promise<boolean> => (await agent.get(nodeConfigs)).status === 200;
    await until(served, { what: 'the list of AntreaNodeConfig objects' });
    for (const path of [poolPath('v1beta1'), allocationPath, nodeConfigs, '/api/v1/pods']) {
      expect(await agent.get(`${path}?watch=true&timeoutSeconds=1&resourceVersion=0`)).toMatchObject({ status: 200 });
    }
    const boundObjectRef = { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid };
    const answer = await agent.post('/api/v1/namespaces/antrea-cni/serviceaccounts/plugin/token', {
      spec: { expirationSeconds: 3600, boundObjectRef },
    });
    expect(answer).toMatchObject({ status: 201, message: '' });
  });

  it('whoever may view the cluster sees pools, addresses and configurations of Nodes, and changes none', async () => {
    const { admin } = cluster;
    await aggregateToView(admin);
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }];
    const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
    accepted(await admin.post(bindings, { metadata: { name: 'jane' }, roleRef, subjects }));
    const jane = cluster.impersonate({ user: 'jane' });
    for (const path of [poolPath('v1beta1'), allocationPath, nodeConfigs]) {
      const maySee = async (): Promise<boolean> => (await jane.get(path)).status === 200;
      await until(maySee, { what: `the right to list ${path}` });
      expect((await jane.post(path, {})).status).toBe(403);
      expect((await jane.remove(path)).status).toBe(403);
    }
    expect((await cluster.impersonate({ user: 'john' }).get(allocationPath)).status).toBe(403);
  });

  it('the controller leads, holds pools, writes their status, adopts and frees addresses of any Node', async () => {
    const poolIts = `${poolPath('v1beta1')}/${poolName}`;
    const leases = '/apis/coordination.k8s.io/v1/namespaces/antrea-cni/leases';
    const adopted = allocation({ address: '10.0.0.3', node: 'node-2' });
    const event = {
      metadata: { generateName: 'pool-' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'antrea-cni/controller',
      reportingInstance: 'a',
      action: 'Allocate',
      reason: 'Exhausted',
      type: 'Warning',
      regarding: { apiVersion: 'crd.antrea.io/v1beta1', kind: 'IPPool', name: poolName },
    };
    const requests = [
      () => controller.post(leases, { metadata: { name: 'controller' } }),
      async () => controller.put(`${leases}/controller`, accepted(await controller.get(`${leases}/controller`))),
      () => controller.get(`${nodeLeases}/node-1`),
      () => controller.get('/api/v1/nodes/node-1'),
      () => controller.get('/api/v1/pods'),
      () => controller.get(poolPath('v1beta1')),
      () => controller.patch(poolIts, { metadata: { finalizers: [finalizer] } }),
      () => controller.patch(`${poolIts}/status`, { status: { usage: { used: 1, total: 253 } } }),
      () => controller.post(allocationPath, adopted),
      () => controller.get(allocationPath),
      () => controller.remove(`${allocationPath}/vlan100.10.0.0.3`),
      () => controller.post('/apis/events.k8s.io/v1/namespaces/default/events', event),
    ];
    accepted(await cluster.admin.post(nodeLeases, { metadata: { name: 'node-1' } }));
    for (const request of requests) expect(await request()).toMatchObject({ message: '' });
    for (const path of [nodeLeases, '/api/v1/nodes', '/api/v1/secrets', '/api/v1/namespaces'])
      expect(await controller.get(path)).toMatchObject({ status: 403 });
    const events = '/apis/events.k8s.io/v1/namespaces/default/events';
    expect(await controller.patch(`${events}/of-others`, { note: 'all is well' })).toMatchObject({ status: 403 });
  });
});

const clusterRoles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';

/** Brings the rules of others into the role `view`, as the cluster's controller manager does, which is not there. */
async function aggregateToView(admin: Api): Promise<void> {
  const label = 'rbac.authorization.k8s.io%2Faggregate-to-view%3Dtrue';
  const parts = await admin.list(`${clusterRoles}?labelSelector=${label}`);
  accepted(await admin.patch(`${clusterRoles}/view`, { rules: parts.flatMap(({ rules }) => objectsIn(rules)) }));
}

const nodeConfigs = '/apis/crd.antrea.io/v1alpha1/antreanodeconfigs';
const nodeLeases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

function networkStatus(value: string): object {
  return { metadata: { annotations: { 'k8s.v1.cni.cncf.io/network-status': value } } };
}

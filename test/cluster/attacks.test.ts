import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted, type Answer, type Api } from './api.ts';
import { allocation } from './allocations.ts';
import type { Cluster } from './cluster.ts';
import { startDeployedCluster } from './deployed.ts';
import { makeNode, makePod, makeRoleToken, makeToken, uidOf } from './objects.ts';
import { allocationPath, makePool, pool } from './pools.ts';
import { until } from '../fixture/until.ts';
import { findClusterTools } from './tools.ts';

const tools = await findClusterTools();
const roles = ['plugin', 'agent'] as const;
const annotation = 'k8s.v1.cni.cncf.io/network-status';

/** The thief has what lies on node-1; node-2 is the victim. */
describe.skipIf(tools.dir === undefined)('with a stolen token of node-1', () => {
  let cluster: Cluster;
  let tokens: Record<(typeof roles)[number], Api>;
  /** The same identities, if RBAC let them do everything: what the policies alone keep them from. */
  let unbridled: Record<(typeof roles)[number], Api>;
  beforeAll(async () => {
    cluster = await startDeployedCluster();
    const { admin } = cluster;
    for (const node of ['node-1', 'node-2']) await makeNode(admin, node);
    accepted(await admin.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } }));
    await makePod(admin, { namespace: 'default', name: 'own', node: 'node-1', annotations: { mine: 'yes' } });
    await makePod(admin, { namespace: 'default', name: 'foreign', node: 'node-2' });
    await makePod(admin, { namespace: 'default', name: 'pending' });
    accepted(await admin.post(allocationPath, allocation({ address: '10.0.0.2', node: 'node-2' })));
    accepted(await admin.post(allocationPath, allocation({ address: '10.0.0.9' })));
    accepted(await admin.post(allocationPath, allocation({ address: '10.0.0.1', node: 'node-1' })));
    const token = async (role: (typeof roles)[number]): Promise<Api> =>
      cluster.withToken(await makeRoleToken(admin, role, 'node-1'));
    tokens = { plugin: await token('plugin'), agent: await token('agent') };
    unbridled = { plugin: asMaster('plugin'), agent: asMaster('agent') };
  });
  afterAll(() => cluster.stop());

  const asMaster = (role: string): Api =>
    cluster.impersonate({
      user: `system:serviceaccount:antrea-cni:${role}`,
      groups: ['system:masters'],
      extra: { 'authentication.kubernetes.io/node-name': 'node-1' },
    });

  describe.each(roles)('the %s cannot', (role) => {
    it.each<[string, () => Promise<Answer>]>([
      [
        'take an address in the name of another Node',
        () => tokens[role].post(allocationPath, allocation({ address: '10.0.0.3', node: 'node-2' })),
      ],
      [
        'take an address in the name of no Node',
        () => tokens[role].post(allocationPath, allocation({ address: '10.0.0.3' })),
      ],
      ['free an address of another Node', () => tokens[role].remove(`${allocationPath}/vlan100.10.0.0.2`)],
      ['free an address that is of no Node', () => tokens[role].remove(`${allocationPath}/vlan100.10.0.0.9`)],
      [
        'make an address of another Node its own',
        () =>
          unbridled[role].patch(`${allocationPath}/vlan100.10.0.0.2`, { spec: { owner: { pod: { node: 'node-1' } } } }),
      ],
      [
        'blame another Node for its own address',
        () =>
          unbridled[role].patch(`${allocationPath}/vlan100.10.0.0.1`, { spec: { owner: { pod: { node: 'node-2' } } } }),
      ],
      [
        'replace the owner of an address of another Node',
        () =>
          unbridled[role].patch(`${allocationPath}/vlan100.10.0.0.2`, {
            spec: { owner: { pod: { containerID: 'thief' } } },
          }),
      ],
    ])('%s', async (_what, attack) => {
      const answer = await attack();
      expect(answer.message).toContain('only allocations whose owner.pod.node is node-1, the Node of this token');
      expect(answer.status).toBe(403);
    });

    it.each<[string, object]>([
      ['keep an address, and its pool, for ever', { finalizers: ['example.com/forever'] }],
      [
        'leave an address to garbage collection',
        { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'own', uid: 'a' }] },
      ],
    ])('%s', async (_what, metadata) => {
      const wanted = allocation({ address: '10.0.0.5', node: 'node-1' });
      const marked = { ...wanted, metadata: { ...wanted.metadata, ...metadata } };
      const answer = await tokens[role].post(allocationPath, marked);
      expect(answer.message).toContain('an allocation has neither ownerReferences nor finalizers');
      expect(answer.status).toBe(403);
    });

    it('free the addresses of all Nodes at once', async () => {
      expect((await tokens[role].remove(allocationPath)).status).toBe(403);
      expect(
        (await unbridled[role].remove(`${allocationPath}?fieldSelector=spec.owner.pod.node%3Dnode-2`)).message,
      ).toContain('only allocations whose');
      expect((await cluster.admin.get(`${allocationPath}/vlan100.10.0.0.2`)).status).toBe(200);
    });

    it('change any allocation, its own neither', async () => {
      const change = { spec: { owner: { pod: { name: 'other' } } } };
      expect((await tokens[role].patch(`${allocationPath}/vlan100.10.0.0.1`, change)).status).toBe(403);
    });

    it.each<[string, string, object]>([
      ['say that a Pod of another Node has other addresses', 'foreign', annotate({ [annotation]: '[]' })],
      ['write to a Pod that is on no Node yet', 'pending', annotate({ [annotation]: '[]' })],
    ])('%s', async (_what, pod, change) => {
      const answer = await unbridled[role].patch(statusPath(pod), change);
      expect(answer.message).toContain('only Pods on the Node node-1 are the business of this token');
      expect(answer.status).toBe(403);
    });

    it.each<[string, object]>([
      ['give its own Pod another annotation', { 'k8s.v1.cni.cncf.io/networks': 'admin-net' }],
      ['change an annotation of its own Pod', { mine: 'no' }],
      ['take an annotation from its own Pod', { mine: null }],
    ])('%s', async (_what, annotations) => {
      const answer = await unbridled[role].patch(statusPath('own'), annotate(annotations));
      expect(answer.message).toContain(
        `of the annotations, only ${annotation}, k8s.v1.cni.cncf.io/networks-status may be changed`,
      );
      expect(answer.status).toBe(403);
    });

    it.each<[string, object]>([
      ['give its own Pod a label', { metadata: { labels: { app: 'database' } } }],
      ['say that its own Pod runs elsewhere', { status: { phase: 'Running', podIP: '10.0.0.66' } }],
      ['let its own Pod stay for ever', { metadata: { finalizers: ['example.com/forever'] } }],
    ])('%s', async (_what, change) => {
      const answer = await unbridled[role].patch(statusPath('own'), change);
      expect(answer.message).toContain('only annotations may be changed');
      expect(answer.status).toBe(403);
    });

    it.each<[string, (api: Api) => Promise<Answer>]>([
      ['make a pool', (api) => api.post('/apis/crd.antrea.io/v1beta1/ippools', {})],
      ['delete pools', (api) => api.remove('/apis/crd.antrea.io/v1beta1/ippools')],
      ['change a pool', (api) => api.patch('/apis/crd.antrea.io/v1beta1/ippools/a', {})],
      ['change what a pool says is free', (api) => api.patch('/apis/crd.antrea.io/v1beta1/ippools/a/status', {})],
      ['change a Pod', (api) => api.patch('/api/v1/namespaces/default/pods/own', {})],
      ['delete a Pod', (api) => api.remove('/api/v1/namespaces/default/pods/own')],
      ['start a Pod', (api) => api.post('/api/v1/namespaces/antrea-cni/pods', {})],
      ['read Secrets', (api) => api.get('/api/v1/secrets')],
      ['change a Node', (api) => api.patch('/api/v1/nodes/node-1', {})],
      ['give itself rights', (api) => api.post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {})],
      ['remove the policies', (api) => api.remove('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies')],
      [
        'become the controller',
        (api) => api.put('/apis/coordination.k8s.io/v1/namespaces/antrea-cni/leases/controller', {}),
      ],
      [
        'write a NetworkAttachmentDefinition',
        (api) => api.post('/apis/k8s.cni.cncf.io/v1/namespaces/default/network-attachment-definitions', {}),
      ],
    ])('%s', async (_what, attack) => {
      expect((await attack(tokens[role])).status).toBe(403);
    });
  });

  describe.each(roles)('the %s, of Events, cannot', (role) => {
    it.each<[string, object]>([
      ['write one in the name of another Node', { reportingInstance: 'node-2' }],
      ['write one as the kubelet', { reportingComponent: 'kubelet' }],
      ['write one that kubectl shows as the kubelet', { source: { component: 'kubelet', host: 'node-1' } }],
      [
        'write one that kubectl shows as of another Node',
        { source: { component: `antrea-cni/${role}`, host: 'node-2' } },
      ],
    ])('%s', async (_what, changes) => {
      const answer = await tokens[role].post(eventsPath, { ...eventOf(role), ...changes });
      expect(answer.message).toContain(`only Events that antrea-cni/${role} on the Node node-1 reports`);
      expect(answer.status).toBe(403);
    });

    it('write one about something else than a Pod', async () => {
      const involvedObject = { apiVersion: 'v1', kind: 'Secret', namespace: 'default', name: 'own' };
      const answer = await tokens[role].post(eventsPath, { ...eventOf(role), involvedObject });
      expect(answer.message).toContain('only Events about Pods may be written');
    });

    it('write one by the newer API, which asks for less', async () => {
      const path = '/apis/events.k8s.io/v1/namespaces/default/events';
      const event = {
        metadata: { generateName: 'own-' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'kubelet',
        reportingInstance: 'node-1',
        action: 'Starting',
        reason: 'Started',
        type: 'Normal',
        regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'own' },
      };
      expect((await tokens[role].post(path, event)).status).toBe(403);
      expect((await unbridled[role].post(path, event)).message).toContain('only Events that antrea-cni/');
    });

    it('change what others have written, nor remove any', async () => {
      const foreign = { ...eventOf(role), metadata: { name: `foreign-${role}` }, reportingInstance: 'node-2' };
      accepted(await cluster.admin.post(eventsPath, foreign));
      const change = { message: 'all is well', reportingInstance: 'node-1' };
      expect((await tokens[role].patch(`${eventsPath}/foreign-${role}`, change)).status).toBeGreaterThan(400);
      const answer = await unbridled[role].patch(`${eventsPath}/foreign-${role}`, change);
      expect(answer.message).toContain('only Events that antrea-cni/');
      expect((await tokens[role].remove(`${eventsPath}/foreign-${role}`)).status).toBe(403);
    });
  });

  describe('the agent cannot ask for a token', () => {
    it('for another Node', async () => {
      const { message } = await tokens.agent.post(
        tokenPath('antrea-cni', 'plugin'),
        await boundToNode(cluster, 'node-2'),
      );
      expect(message).toContain('only tokens that are bound to the Node node-1');
    });

    it('that outlives the Node: bound to nothing, to a Pod, or to no UID', async () => {
      const pod = { apiVersion: 'v1', kind: 'Pod', name: 'node-1' };
      const nameOnly = { apiVersion: 'v1', kind: 'Node', name: 'node-1' };
      for (const bound of [undefined, pod, nameOnly]) {
        const { message } = await tokens.agent.post(tokenPath('antrea-cni', 'plugin'), boundTo(bound));
        expect(message).toContain('only tokens that are bound to the Node node-1');
      }
    });

    it.each([
      ['antrea-cni', 'controller'],
      ['antrea-cni', 'agent'],
      ['default', 'default'],
    ])('of the ServiceAccount %s/%s', async (namespace, name) => {
      const bound = await boundToNode(cluster, 'node-1');
      expect((await tokens.agent.post(tokenPath(namespace, name), bound)).status).toBe(403);
      expect((await unbridled.agent.post(tokenPath(namespace, name), bound)).message).toContain(
        'only tokens of the ServiceAccount plugin',
      );
    });

    it('with the token of the plugin', async () => {
      expect(
        (await tokens.plugin.post(tokenPath('antrea-cni', 'plugin'), await boundToNode(cluster, 'node-1'))).status,
      ).toBe(403);
    });
  });

  it.each(roles)('a token of the %s that is bound to no Node can do nothing of this', async (serviceAccount) => {
    const api = cluster.withToken(await makeToken(cluster.admin, { namespace: 'antrea-cni', serviceAccount }));
    const change = { metadata: { annotations: { [annotation]: '[]' } } };
    const answers = [
      await api.post(allocationPath, allocation({ address: '10.0.0.4', node: 'node-1' })),
      await api.remove(`${allocationPath}/vlan100.10.0.0.1`),
      await api.remove(`${allocationPath}/vlan100.10.0.0.9`),
      await api.post(eventsPath, eventOf(serviceAccount)),
    ];
    // The agent has no right to do that with any token.
    const patches =
      serviceAccount === 'agent'
        ? []
        : [await api.patch(statusPath('own'), change), await api.patch(statusPath('pending'), change)];
    for (const { message } of [...answers, ...patches]) expect(message).toContain('this token is not bound to a Node');
  });

  it('the token of the plugin ends with its Node, and does not come back with a Node of the same name', async () => {
    await makeNode(cluster.admin, 'leaving');
    const { path } = await makePool(cluster.admin, pool({ ranges: ['192.168.1.0/24'] }));
    const api = cluster.withToken(await makeRoleToken(cluster.admin, 'plugin', 'leaving'));
    accepted(await cluster.admin.remove('/api/v1/nodes/leaving'));
    // Not asked before: a token that was found valid stays so for 10 seconds.
    const refused = async (): Promise<boolean> => (await api.get(path)).status === 401;
    await until(refused, { what: 'the end of the token', everyMs: 100 });
    await makeNode(cluster.admin, 'leaving');
    expect((await api.get(path)).status).toBe(401);
  });
});

const eventsPath = '/api/v1/namespaces/default/events';

/** As the role may write it, from node-1. */
function eventOf(role: string): object {
  const component = `antrea-cni/${role}`;
  return {
    metadata: { generateName: 'own-' },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'own' },
    type: 'Normal',
    reason: 'Attached',
    message: 'net1',
    source: { component, host: 'node-1' },
    reportingComponent: component,
    reportingInstance: 'node-1',
  };
}

function statusPath(pod: string): string {
  return `/api/v1/namespaces/default/pods/${pod}/status`;
}

function annotate(annotations: object): object {
  return { metadata: { annotations } };
}

function tokenPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
}

/** A TokenRequest. */
function boundTo(boundObjectRef: object | undefined): object {
  return { spec: { expirationSeconds: 3600, ...(boundObjectRef === undefined ? {} : { boundObjectRef }) } };
}

async function boundToNode(cluster: Cluster, name: string): Promise<object> {
  const uid = uidOf(accepted(await cluster.admin.get(`/api/v1/nodes/${name}`)));
  return boundTo({ apiVersion: 'v1', kind: 'Node', name, uid });
}

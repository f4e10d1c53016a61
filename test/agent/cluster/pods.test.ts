import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { followCluster } from '../../../src/agent/cluster.ts';
import { writeRecord, type Installation } from '../../../src/agent/install/record.ts';
import { startPods } from '../../../src/agent/pods/service.ts';
import { readKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { files } from '../../../src/system/files.ts';
import { fileSandboxes } from '../../../src/system/sandboxes.ts';
import { accepted } from '../../cluster/api.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { startDeployedCluster } from '../../cluster/deployed.ts';
import { makeNamespace, makeNode, makePod, makeRoleToken, uidOf } from '../../cluster/objects.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';

const tools = await findClusterTools();
const networksKey = 'k8s.v1.cni.cncf.io/networks';
const pathOf = (name: string): string => `/api/v1/namespaces/shop/pods/${name}`;

describe.skipIf(tools.dir === undefined)('the agent looks after the Pods of its Node:', () => {
  let cluster: Cluster;
  const resources = createResources();
  beforeAll(async () => {
    cluster = await startDeployedCluster();
    await makeNamespace(cluster.admin, 'shop');
    for (const node of ['node-1', 'node-2']) await makeNode(cluster.admin, node);
  });
  afterEach(resources.release);
  afterAll(() => cluster.stop());

  /** A Pod that a kubelet says runs. */
  async function runPod(name: string, networks: string, node = 'node-1'): Promise<string> {
    const annotations = { [networksKey]: networks };
    const uid = uidOf(await makePod(cluster.admin, { namespace: 'shop', name, node, annotations }));
    accepted(await cluster.admin.patch(`${pathOf(name)}/status`, { status: { phase: 'Running' } }));
    return uid;
  }

  async function runInNodeNetwork(name: string, networks: string): Promise<void> {
    const spec = { nodeName: 'node-1', hostNetwork: true, containers: [{ name: 'main', image: 'none' }] };
    const pod = { metadata: { name, annotations: { [networksKey]: networks } }, spec };
    accepted(await cluster.admin.post('/api/v1/namespaces/shop/pods', pod));
    accepted(await cluster.admin.patch(`${pathOf(name)}/status`, { status: { phase: 'Running' } }));
  }

  /** `reason name` of all Events, sorted. */
  async function events(): Promise<readonly string[]> {
    const list = await cluster.admin.list('/api/v1/namespaces/shop/events');
    return list.map(({ reason, involvedObject }) => `${String(reason)} ${nameIn(involvedObject)}`).toSorted();
  }

  async function startService(mode: Installation['mode']) {
    const { path } = await resources.use(makeTempDir('agent-pods'));
    const [nodeFile, dataDir] = [join(path, 'node.json'), join(path, 'data')];
    mkdirSync(dataDir);
    writeFileSync(nodeFile, JSON.stringify({ dataDir }));
    const current = { mode, plugin: 'antrea', confDir: path, nodeName: 'node-1', tokenLifetime: 1 };
    writeRecord(join(path, 'install.json'), { executables: [], confDirs: [], before: {}, current });
    const ending = new AbortController();
    resources.defer(async () => ending.abort());
    const token = await makeRoleToken(cluster.admin, 'agent', 'node-1');
    const access = readKubeconfig(files, cluster.kubeconfig({ token }));
    const metrics = { watchRestarted: () => {} };
    const means = { nodeName: 'node-1', metrics, log: () => {}, signal: ending.signal };
    const view = followCluster({ ...means, access, wantsNodeConfigs: () => false });
    resources.defer(async () => view.client.close());
    const registry = new Registry();
    const service = startPods({ cluster: view, metrics, registry, files, log: () => {} }, { nodeFile, interval: 100 });
    resources.defer(service.stop);
    const metric = async (): Promise<string> => registry.getSingleMetricAsString('antrea_agent_pods_without_networks');
    return { metric, sandboxes: fileSandboxes(files, dataDir) };
  }

  it('one that runs bare is told so, and one whose annotation is changed in vain', async () => {
    const bareUID = await runPod('bare', 'blue');
    const uid = await runPod('attached', 'blue');
    await runPod('elsewhere', 'blue', 'node-2');
    await runPod('plain', '');
    await makePod(cluster.admin, {
      namespace: 'shop',
      name: 'pending',
      node: 'node-1',
      annotations: { [networksKey]: 'blue' },
    });
    await runInNodeNetwork('of-the-node', 'blue');
    const { sandboxes, metric } = await startService('native');
    sandboxes.write({
      containerID: 'c1',
      ifname: 'eth0',
      netns: '/run/netns/a',
      network: 'pod-network',
      pod: { namespace: 'shop', name: 'attached', uid },
      networks: 'blue',
      complete: true,
      attachments: [{ nad: 'shop/blue', ifname: 'net1', kind: 'vlan', args: '', plugins: [{}] }],
    });
    await until(async () => (await metric()).includes('antrea_agent_pods_without_networks 1'), { what: 'the gauge' });
    expect(await events()).toStrictEqual(['RunsWithoutItsNetworks bare']);
    accepted(await cluster.admin.patch(pathOf('attached'), { metadata: { annotations: { [networksKey]: 'green' } } }));
    await until(async () => (await events()).length === 2, { what: 'a second Event' });
    const [changed, bare] = (await cluster.admin.list('/api/v1/namespaces/shop/events')).toSorted((a, b) =>
      String(a['reason']).localeCompare(String(b['reason'])),
    );
    expect(changed).toMatchObject({
      reason: 'NetworksChangedAfterStart',
      type: 'Warning',
      involvedObject: { name: 'attached', uid },
      source: { component: 'antrea-cni/agent', host: 'node-1' },
    });
    expect(changed?.['message']).toContain('this one keeps net1 (shop/blue). Recreate the Pod');
    expect(bare).toMatchObject({ involvedObject: { uid: bareUID }, count: 1 });
  });

  it('an agent that is started again says nothing twice', async () => {
    const before = await events();
    const { metric } = await startService('native');
    await until(async () => (await metric()).includes('antrea_agent_pods_without_networks 2'), { what: 'the gauge' });
    await runPod('another', 'blue');
    await until(async () => (await events()).length > before.length, { what: 'an Event on another Pod' });
    // Its record went with the data of the first agent.
    const counts = (await cluster.admin.list('/api/v1/namespaces/shop/events')).map(({ count }) => count);
    expect(new Set(counts)).toStrictEqual(new Set([1]));
  });

  it('under Multus, nothing is said of any', async () => {
    const before = await events();
    const { metric } = await startService('multus');
    await runPod('under-multus', 'blue');
    await until(async () => (await metric()).includes('without_networks 0'), { what: 'the gauge' });
    expect(await events()).toStrictEqual(before);
  });
});

function nameIn(reference: unknown): string {
  return typeof reference === 'object' && reference !== null && 'name' in reference ? String(reference.name) : '';
}

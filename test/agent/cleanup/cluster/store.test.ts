import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { allocation } from '../../../cluster/allocations.ts';
import { accepted } from '../../../cluster/api.ts';
import { makeRoleToken } from '../../../cluster/objects.ts';
import { allocationPath } from '../../../cluster/pools.ts';
import { isObject, parseJson, type JsonObject } from '../../../fixture/json.ts';
import { createRuntime, type Attachment } from '../../../fixture/runtime.ts';
import { createResources } from '../../../fixture/resources.ts';
import { makeTempDir } from '../../../fixture/unique.ts';
import { until } from '../../../fixture/until.ts';
import { nodeName, startClusterBed, type ClusterBed } from '../../../plugin/cluster/bed.ts';
import type { ClusterPod } from '../../../plugin/cluster/pod.ts';
import { noTraces, tracesOf } from '../../../plugin/cluster/traces.ts';
import { launchAgent, metricOf } from '../../../system/agent/cleanup-bed.ts';
import { startFakeRuntime, type FakeRuntime } from '../../cri/fake-runtime.ts';

const ofAll = createResources();
let bed: ClusterBed;
let agentSocket = '';
let kubeconfig = '';
beforeAll(async () => {
  agentSocket = join((await ofAll.use(makeTempDir('agent'))).path, 'agent.sock');
  bed = await ofAll.use(startClusterBed({ agentSocket }));
  await bed.applyPools({ name: 'a', ranges: ['10.10.1.0/24'], gateway: '10.10.1.1', prefixLength: 24 });
  const { cluster, server } = bed;
  kubeconfig = cluster.kubeconfig({ token: await makeRoleToken(cluster.admin, 'agent', nodeName) }, { server });
});
afterAll(ofAll.release);

const resources = createResources();
let runtime: FakeRuntime;
beforeEach(async () => {
  const { path } = await resources.use(makeTempDir('cri'));
  runtime = await resources.use(startFakeRuntime(join(path, 'cri.sock')));
  runtime.sandboxes.set('alive', 'ready');
});
afterEach(resources.release);

function startAgent(): void {
  const agent = launchAgent(bed.node, { socket: runtime.socket, kubeconfig, agentSocket });
  resources.defer(agent.kill);
}

const long = { timeout: 400_000 };
const patiently = { timeoutMs: 150_000, everyMs: 100 };

interface Holder {
  readonly containerID: string;
  readonly node?: string;
  /** Default: that of a Pod. */
  readonly uid?: string | undefined;
}

/** An address that somebody holds, of whom nothing on this Node tells. */
async function hold(address: string, { containerID, node = nodeName, uid = 'a-uid' }: Holder): Promise<void> {
  const plain = allocation({ pool: 'a', address, node });
  const pod = { ...plain.spec.owner.pod, containerID, ...(uid === '' ? { uid: undefined } : { uid }) };
  const spec = { ...plain.spec, owner: { ...plain.spec.owner, pod } };
  accepted(await bed.cluster.admin.post(allocationPath, { ...plain, spec }));
}

const blue = {
  cniVersion: '1.1.0',
  name: 'blue',
  type: 'antrea',
  networkType: 'vlan',
  vlan: 100,
  ipam: { type: 'antrea', ippools: ['a'] },
};

function attachmentOf({ containerId, path, args }: ClusterPod): Attachment {
  return { config: blue, containerId, netns: path, ifname: 'net1', args };
}

it(
  'addresses are released when the API server is back, and an agent that lives does not keep a DEL waiting',
  long,
  async () => {
    const [pod, macvlan, other] = [await bed.pod(), await bed.pod(), await bed.pod()];
    const asIpam = { ...attachmentOf(macvlan), config: { ...blue, type: 'macvlan' } };
    const attachments = [attachmentOf(pod), asIpam, attachmentOf(other)];
    for (const one of attachments) expect((await bed.runtime.add(one)).code).toBe(0);
    // The agent's own calls have a second each.
    const plugin = createRuntime({ node: bed.node, env: nodeFile('patient.json', { timeoutSeconds: 8 }) });
    const lonely = { timeoutSeconds: 8, agentSocket: undefined };
    const alone = createRuntime({ node: bed.node, env: nodeFile('without-agent.json', lonely) });
    startAgent();
    const answers = async () => (await metricOf(bed.node, 'antrea_agent_cleanup_runtime_answers')) === 1;
    await until(answers, { what: 'an agent', ...patiently });
    await bed.cluster.kill();
    // The last one's plugin knows of no agent.
    const runtimes = [plugin, plugin, alone];
    const outcomes = await Promise.all(attachments.map(async (one, at) => runtimes[at]?.del(one)));
    expect(outcomes.map((outcome) => outcome?.json)).toMatchObject([undefined, undefined, { code: 11 }]);
    const none = { ports: [], links: [] };
    expect(await tracesOf(bed.node, async () => [])).toMatchObject({ ...none, journal: { length: 3 } });
    for (const one of [pod, macvlan, other]) await one.remove();
    const isPending = async () => (await metricOf(bed.node, 'antrea_agent_cleanup_sandboxes{state="pending"}')) === 3;
    await until(isPending, { what: 'releases that are tried again', ...patiently });
    await bed.restart();
    const isClean = async (): Promise<boolean> => JSON.stringify(await bed.traces()) === JSON.stringify(noTraces);
    await until(isClean, { what: 'nothing left', ...patiently });
  },
);

/** Another Node file, with these keys instead. */
function nodeFile(name: string, keys: JsonObject): Readonly<Record<string, string>> {
  const content = parseJson(readFileSync(bed.node.nodeFile, 'utf8'));
  const path = join(bed.node.dir, name);
  writeFileSync(path, JSON.stringify({ ...(isObject(content) && content), ...keys }));
  return { ANTREA_NODE_CONFIG: path };
}

it(
  'addresses that nothing on the Node knows of are freed when the runtime does not know their Pods',
  long,
  async () => {
    await hold('10.10.1.2', { containerID: 'gone' });
    await hold('10.10.1.3', { containerID: 'alive' });
    await hold('10.10.1.4', { containerID: 'gone', node: 'node-2' });
    await hold('10.10.1.5', { containerID: 'of-podman', uid: '' });
    startAgent();
    const isFreed = async (): Promise<boolean> => !(await bed.held()).includes('a/10.10.1.2');
    await until(isFreed, { what: 'an address that is free', ...patiently });
    expect(await bed.held()).toEqual(['a/10.10.1.3', 'a/10.10.1.4', 'a/10.10.1.5']);
    const removed = 'antrea_agent_cleanup_removed_total{what="allocation"}';
    await until(async () => (await metricOf(bed.node, removed)) === 1, { what: removed, ...patiently });
  },
);

it('an address that was created after its DEL had found nothing is looked for once more', long, async () => {
  await hold('10.10.1.9', { containerID: 'late', uid: '' });
  const record = { version: 1, network: 'vlan100', containerID: 'late', ifname: 'net1', pools: ['a'] };
  mkdirSync(join(bed.node.dataDir, 'unsettled'), { recursive: true });
  const since = Date.now() - 62_000;
  writeFileSync(join(bed.node.dataDir, 'unsettled/a.json'), JSON.stringify({ ...record, since }));
  startAgent();
  const isFreed = async (): Promise<boolean> => !(await bed.held()).includes('a/10.10.1.9');
  await until(isFreed, { what: 'an address that is free', ...patiently });
});

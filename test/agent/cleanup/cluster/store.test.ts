import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { allocation } from '../../../cluster/allocations.ts';
import { accepted } from '../../../cluster/api.ts';
import { makeRoleToken } from '../../../cluster/objects.ts';
import { allocationPath } from '../../../cluster/pools.ts';
import { createResources } from '../../../fixture/resources.ts';
import { makeTempDir } from '../../../fixture/unique.ts';
import { until } from '../../../fixture/until.ts';
import { nodeName, startClusterBed, type ClusterBed } from '../../../plugin/cluster/bed.ts';
import { noTraces } from '../../../plugin/cluster/traces.ts';
import { launchAgent, metricOf } from '../../../system/agent/cleanup-bed.ts';
import { startFakeRuntime, type FakeRuntime } from '../../cri/fake-runtime.ts';

let bed: ClusterBed;
let kubeconfig = '';
beforeAll(async () => {
  bed = await startClusterBed({ timeoutSeconds: 5 });
  await bed.applyPools({ name: 'a', ranges: ['10.10.1.0/24'], gateway: '10.10.1.1', prefixLength: 24 });
  const { cluster, server } = bed;
  kubeconfig = cluster.kubeconfig({ token: await makeRoleToken(cluster.admin, 'agent', nodeName) }, { server });
});
afterAll(() => bed.stop());

const resources = createResources();
let runtime: FakeRuntime;
beforeEach(async () => {
  const { path } = await resources.use(makeTempDir('cri'));
  runtime = await resources.use(startFakeRuntime(join(path, 'cri.sock')));
  runtime.sandboxes.set('alive', 'ready');
});
afterEach(resources.release);

function startAgent(): void {
  const agent = launchAgent(bed.node, { socket: runtime.socket, kubeconfig });
  resources.defer(agent.kill);
}

const long = { timeout: 180_000 };
const patiently = { timeoutMs: 90_000, everyMs: 100 };

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

it('an address whose DEL could not reach the API server is released when that is back', long, async () => {
  const pod = await bed.pod();
  const config = { cniVersion: '1.1.0', name: 'blue', type: 'antrea', networkType: 'vlan', vlan: 100 };
  const attachment = {
    config: { ...config, ipam: { type: 'antrea', ippools: ['a'] } },
    containerId: pod.containerId,
    netns: pod.path,
    ifname: 'net1',
    args: pod.args,
  };
  expect((await bed.runtime.add(attachment)).code).toBe(0);
  await bed.cluster.kill();
  expect((await bed.runtime.del(attachment)).json).toMatchObject({ code: 11 });
  await pod.remove();
  startAgent();
  const isPending = async () => (await metricOf(bed.node, 'antrea_agent_cleanup_sandboxes{state="pending"}')) === 1;
  await until(isPending, { what: 'a release that is tried again', ...patiently });
  await bed.restart();
  await until(async () => (await bed.held()).length === 0, { what: 'no address', ...patiently });
  expect(await bed.traces()).toEqual(noTraces);
});

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
    expect(await metricOf(bed.node, 'antrea_agent_cleanup_removed_total{what="allocation"}')).toBe(1);
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

import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFilePools } from '../../src/ipam/file/pools.ts';
import { files } from '../../src/system/files.ts';
import { fileJournal } from '../../src/system/journal.ts';
import { addNetns } from '../fixture/netns.ts';
import { startOvs, type Ovs } from '../fixture/ovs.ts';
import { createResources } from '../fixture/resources.ts';
import { antreaExecutable, debianPlugins } from '../fixture/runtime.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { until } from '../fixture/until.ts';
import { manifest } from '../ipam/sample.ts';
import { whyNot } from './machine.ts';
import { startCapsule, type Capsule, type CapsuleDaemon } from './node/capsule.ts';
import { makeCgroup } from './node/cgroup.ts';
import { openCri, type Cri } from './node/cri.ts';
import { containerdAnswers, makeArchive, startContainerd } from './node/runtime.ts';
import { readSandboxes } from './node/sandboxes.ts';

// A containerd whose Pods have a VLAN as their only network, and the agent: no kubelet, who would have DEL called.

describe.skipIf((await whyNot()) !== undefined)('sandboxes of containerd', () => {
  const resources = createResources();
  const dataDir = '/var/lib/cni/antrea';
  const bridge = 'br-secondary';
  let capsule: Capsule;
  let containerd: CapsuleDaemon;
  let ovs: Ovs;
  let cri: Cri;

  beforeAll(async () => {
    const { path: dir } = await resources.use(makeTempDir('cri'));
    const netns = await resources.use(addNetns('cri-'));
    ovs = await resources.use(startOvs(netns));
    await ovs.addBridge(bridge);
    const cgroup = await resources.use(makeCgroup());
    const own = ['/etc/cni', '/etc/antrea', '/opt/cni/bin', '/var/lib/cni', '/var/lib/containerd'];
    const mounts = Object.fromEntries(own.map((path) => [path, join(dir, 'root', path)]));
    capsule = await resources.use(startCapsule({ dir, netns: netns.name, mounts }));
    await configure();
    containerd = await startContainerd(capsule, { dir, archive: await makeArchive(dir) });
    cri = openCri({ socket: capsule.hostPath('/run/containerd/containerd.sock'), cgroup: cgroup.path });
    resources.defer(cri.close);
  });

  afterAll(resources.release);

  it('keep what they have while they are there, and leave nothing when they are forgotten', async () => {
    const [alive, lost, ended] = [
      await cri.runSandbox('alive'),
      await cri.runSandbox('lost'),
      await cri.runSandbox('ended'),
    ];
    expect(journalled()).toEqual([alive, lost, ended].toSorted());
    await forget(lost);
    await end(ended);
    const agent = startAgent();
    await until(() => !journalled().includes(lost), { what: 'nothing of the one', timeoutMs: 120_000, everyMs: 100 });
    // The runtime has it as not ready, and its netns is there until somebody stops it.
    expect(journalled()).toEqual([alive, ended].toSorted());
    await cri.stopSandbox(ended);
    expect(journalled()).toEqual([alive]);
    expect(await ovs.ports(bridge)).toHaveLength(1);
    const isTold = (): boolean => agent.output().includes('cleaned up after a sandbox that is gone');
    await until(isTold, { what: 'a line of the log' });
    await agent.end('SIGTERM');
  });

  it('keep what they have while the runtime does not answer, and leave nothing when they have gone', async () => {
    const [alive] = journalled();
    const gone = await cri.runSandbox('gone');
    const netns = netnsOf(gone);
    await end(gone);
    await containerd.end('SIGKILL');
    await capsule.exec('ip', 'netns', 'delete', netns);
    const agent = startAgent();
    await until(() => !journalled().includes(gone), { what: 'nothing of the one', timeoutMs: 120_000, everyMs: 100 });
    expect(journalled()).toEqual([alive]);
    expect(await ovs.ports(bridge)).toHaveLength(1);
    await agent.end('SIGTERM');
  });

  async function configure(): Promise<void> {
    const bin = capsule.hostPath('/opt/cni/bin');
    copyFileSync(join(debianPlugins, 'loopback'), join(bin, 'loopback'));
    copyFileSync(antreaExecutable(), join(bin, 'antrea'));
    await capsule.exec('chmod', '755', '/opt/cni/bin/antrea');
    const plugin = { type: 'antrea', networkType: 'vlan', vlan: 100, ipam: { type: 'antrea', ippools: ['a'] } };
    const network = { cniVersion: '1.0.0', name: 'vlan100', plugins: [plugin] };
    const netD = capsule.hostPath('/etc/cni/net.d');
    mkdirSync(join(netD, 'antrea.d'), { recursive: true });
    writeFileSync(join(netD, '10-vlan.conflist'), JSON.stringify(network));
    const node = { bridge, ovsdb: ovs.socket, timeoutSeconds: 3 };
    writeFileSync(join(netD, 'antrea.d/node.json'), JSON.stringify(node));
    const settings = { featureGates: { AntreaIPAM: true }, ovsdb: ovs.socket };
    writeFileSync(join(capsule.hostPath('/etc/antrea'), 'antrea-agent.conf'), JSON.stringify(settings));
    const pools = createFilePools({ dataDir: capsule.hostPath(dataDir), now: () => new Date() });
    const pool = { name: 'a', ranges: ['10.1.0.0/24'], gateway: '10.1.0.1', prefixLength: 24 };
    await pools.applyPool(manifest(pool), { force: true });
  }

  function startAgent(): CapsuleDaemon {
    const argv = [antreaExecutable(), 'agent', '--no-cluster', '--listen', '127.0.0.1:10351'];
    const agent = capsule.start({ argv, log: 'agent.log' });
    resources.defer(() => agent.end('SIGKILL'));
    return agent;
  }

  /** Container IDs. */
  function journalled(): readonly string[] {
    const folder = capsule.hostPath(dataDir);
    if (!existsSync(folder)) return [];
    return fileJournal(files, folder)
      .list()
      .map(({ containerID }) => containerID)
      .toSorted();
  }

  /** As if the runtime had lost its memory of this one. */
  async function forget(id: string): Promise<void> {
    const netns = netnsOf(id);
    await end(id);
    await capsule.exec('ctr', '-n', 'k8s.io', 'containers', 'delete', id);
    await containerd.end('SIGKILL');
    await capsule.exec('ip', 'netns', 'delete', netns);
    containerd.start();
    await containerdAnswers(capsule);
  }

  /** Its process: the netns stays. */
  async function end(id: string): Promise<void> {
    await capsule.exec('ctr', '-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', id);
    const isEnded = (): boolean => readSandboxes(capsule).every(({ containerId }) => containerId !== id);
    await until(isEnded, { what: 'the end of a sandbox' });
  }

  /** Its name below /run/netns. */
  function netnsOf(id: string): string {
    const found = readSandboxes(capsule).find(({ containerId }) => containerId === id);
    return found?.netns.split('/').at(-1) ?? '';
  }
});

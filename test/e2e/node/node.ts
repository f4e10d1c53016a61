import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCluster, type Cluster } from '../../cluster/cluster.ts';
import { applyDeploy, applyFile } from '../../cluster/deploy.ts';
import { findNodeTools } from '../../cluster/tools.ts';
import { isObject, objectsIn } from '../../fixture/json.ts';
import { addNetns, type Netns } from '../../fixture/netns.ts';
import { startOvs, type Ovs } from '../../fixture/ovs.ts';
import { createResources } from '../../fixture/resources.ts';
import { debianPlugins } from '../../fixture/runtime.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';
import { startCapsule, type Capsule, type CapsuleDaemon } from './capsule.ts';
import { makeCgroup } from './cgroup.ts';
import { startControlPlane } from './control-plane.ts';
import { startKubelet } from './kubelet.ts';
import { makeArchive, startContainerd } from './runtime.ts';

/** A cluster of one Node that runs Pods: all that is real, and nothing of ours yet but what `deploy/` has. */
export interface RealNode {
  readonly cluster: Cluster;
  readonly nodeName: string;
  /** The API server's URL from within the Node. */
  readonly server: string;
  readonly capsule: Capsule;
  readonly netns: Netns;
  /** Path of the image. */
  readonly archive: string;
  readonly ovs: Ovs;
  readonly containerd: CapsuleDaemon;
  readonly kubelet: CapsuleDaemon;
  readonly stop: () => Promise<void>;
}

export const nodeName = 'node-1';

/** Of TEST-NET-1: a kubelet takes no loopback and no link-local address. */
const nodeIP = '192.0.2.10';

/** The network that all Pods have, of Debian's plugins. */
export const primary = {
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isDefaultGateway: true,
      ipam: { type: 'host-local', subnet: '10.244.0.0/16' },
    },
  ],
} as const;

export interface RealNodeOptions {
  /** See RuntimeOptions. */
  readonly handlers?: Readonly<Record<string, string>>;
}

/** Those of Debian's that the Node has. */
export const nodePlugins = ['bridge', 'host-local', 'loopback', 'portmap', 'macvlan'];

/** @throws Error without the executables; see findClusterTools and findNodeTools */
export async function startRealNode({ handlers }: RealNodeOptions = {}): Promise<RealNode> {
  const tools = await findNodeTools();
  if (tools.dir === undefined) throw new Error(tools.reason);
  const resources = createResources();
  try {
    const { path: dir } = await resources.use(makeTempDir('e2e'));
    const cluster = await resources.use(startCluster({ nodes: true }));
    await applyDeploy(cluster);
    await applyFile(cluster.admin, 'deploy/network-attachment-definitions.yaml');
    await resources.use(startControlPlane(cluster, tools.dir));
    const netns = await resources.use(addNetns('e2e-'));
    const server = await cluster.admitNode(netns);
    await prepareNetwork(netns);
    const ovs = await resources.use(startOvs(netns));
    const cgroup = await resources.use(makeCgroup());
    const capsule = await resources.use(startCapsule({ dir, netns: netns.name, mounts: mountsOf(dir, ovs) }));
    prepareFolders(capsule);
    const archive = await makeArchive(dir);
    const containerd = await startContainerd(capsule, { dir, archive, handlers });
    const options = { tools: tools.dir, dir, nodeName, nodeIP, server, cgroup: cgroup.path };
    const kubelet = await startKubelet(capsule, cluster, options);
    await nodeReady(cluster, kubelet);
    const daemons = { ovs, containerd, kubelet };
    return { cluster, nodeName, server, capsule, netns, archive, ...daemons, stop: resources.release };
  } catch (error) {
    await resources.release();
    throw error;
  }
}

/** Hundreds of links that announce themselves by IPv6 would be heard by each other. */
async function prepareNetwork(netns: Netns): Promise<void> {
  await netns.exec('ip', 'address', 'add', `${nodeIP}/32`, 'dev', 'lo');
  await netns.exec('sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6');
}

/** Where everything is on a Node. containerd's and kubelet's own folders cannot be on an overlay. */
function mountsOf(dir: string, ovs: Ovs): Readonly<Record<string, string>> {
  const own = [
    '/etc/cni',
    '/etc/antrea',
    '/opt/cni/bin',
    '/var/lib/cni',
    '/var/lib/containerd',
    '/var/lib/kubelet',
    '/var/log',
  ];
  const mounts: Record<string, string> = { '/run/openvswitch': ovs.dir };
  for (const path of own) mounts[path] = join(dir, 'root', path);
  return mounts;
}

function prepareFolders({ hostPath }: Capsule): void {
  for (const plugin of nodePlugins) {
    copyFileSync(join(debianPlugins, plugin), join(hostPath('/opt/cni/bin'), plugin));
  }
  mkdirSync(hostPath('/etc/cni/net.d'));
  writeFileSync(join(hostPath('/etc/cni/net.d'), '10-pods.conflist'), JSON.stringify(primary));
}

export async function nodeReady({ admin }: Pick<Cluster, 'admin'>, kubelet: CapsuleDaemon): Promise<void> {
  const ready = async (): Promise<boolean> => {
    if (!kubelet.running()) throw new Error(`the kubelet has ended: ${kubelet.output().slice(-4000)}`);
    const { body } = await admin.get(`/api/v1/nodes/${nodeName}`);
    const { status, spec } = body;
    const conditions = isObject(status) ? objectsIn(status['conditions']) : [];
    const isReady = conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
    return isReady && (!isObject(spec) || objectsIn(spec['taints']).length === 0);
  };
  await until(ready, { what: 'a ready Node', timeoutMs: 240_000, everyMs: 200 });
}

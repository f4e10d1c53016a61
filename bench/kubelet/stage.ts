import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepted } from '../../test/cluster/api.ts';
import { applyFile, applyObject } from '../../test/cluster/deploy.ts';
import { startBed, type Bed } from '../../test/e2e/bed.ts';
import { primary } from '../../test/e2e/node/node.ts';
import { namespace } from '../../test/e2e/pods.ts';
import { until } from '../../test/fixture/until.ts';

export const own = 'antrea, without Multus';
export const peer = 'Multus + ovs-cni tuned + whereabouts';
export const none = 'no secondary network';

/** One way to give Pods two networks, or none. All are on the same Node: a Pod's RuntimeClass chooses among them. */
export interface KubeletContender {
  readonly name: string;
  /** Default: the Node's own network configuration. */
  readonly runtimeClass: string | undefined;
  readonly networks: string | undefined;
}

export interface KubeletStage {
  readonly bed: Bed;
  readonly contenders: readonly KubeletContender[];
  readonly skipped: readonly string[];
  readonly stop: () => Promise<void>;
}

const folders = { plain: '/etc/cni/plain.d', multus: '/etc/cni/multus.d' } as const;

/** @param peers folder of Multus, ovs-cni and whereabouts, if there is one */
export async function setKubeletStage(peers: string | undefined): Promise<KubeletStage> {
  const bed = await startBed({ handlers: folders });
  try {
    await configurePlain(bed);
    if (peers !== undefined) await configureMultus(bed, peers);
    const contenders = [
      { name: own, runtimeClass: undefined, networks: 'blue,green' },
      { name: none, runtimeClass: 'plain', networks: undefined },
      ...(peers === undefined ? [] : [{ name: peer, runtimeClass: 'multus', networks: 'their-blue,their-green' }]),
    ];
    const skipped = peers === undefined ? [`${peer}: PEERS_DIR does not name a folder with their executables`] : [];
    return { bed, contenders, skipped, stop: bed.stop };
  } catch (error) {
    await bed.stop();
    throw error;
  }
}

/** As if there were nothing of ours on the Node. */
async function configurePlain(bed: Bed): Promise<void> {
  configure(bed, { folder: folders.plain, content: primary });
  await applyRuntimeClass(bed, 'plain');
}

/** With the rights of an administrator, as no right of theirs is to be in their way. */
async function configureMultus(bed: Bed, peers: string): Promise<void> {
  const { cluster, capsule, server } = bed;
  for (const file of readdirSync(join(peers, 'crds'))) await applyFile(cluster.admin, join(peers, 'crds', file));
  for (const kind of whereaboutsKinds) await served(bed, kind);
  for (const name of ['multus', 'ovs', 'whereabouts']) {
    copyFileSync(join(peers, name), join(capsule.hostPath('/opt/cni/bin'), name));
  }
  const kubeconfig = cluster.kubeconfig({ token: cluster.adminToken }, { server });
  const ipamFile = join(capsule.hostPath('/etc/cni'), 'whereabouts.json');
  writeFileSync(ipamFile, JSON.stringify({ kubernetes: { kubeconfig } }));
  await applyPeerNetwork(bed, { name: 'their-blue', vlan: 300 });
  await applyPeerNetwork(bed, { name: 'their-green', vlan: 400 });
  const chain = { type: 'multus', kubeconfig, confDir: '/etc/cni/none.d', delegates: [primary] };
  configure(bed, { folder: folders.multus, content: { cniVersion: '1.0.0', name: 'multus', plugins: [chain] } });
  await applyRuntimeClass(bed, 'multus');
}

async function applyPeerNetwork(
  { admin }: Bed,
  { name, vlan }: { readonly name: string; readonly vlan: number },
): Promise<void> {
  const config = {
    cniVersion: '1.0.0',
    name,
    type: 'ovs',
    bridge: 'br-secondary',
    vlan,
    socket_file: 'unix:/run/openvswitch/db.sock',
    link_state_check_interval: 10,
    link_state_check_retries: 500,
    ipam: { type: 'whereabouts', range: `10.${vlan / 10}.0.0/16`, configuration_path: '/etc/cni/whereabouts.json' },
  };
  await applyObject(admin, {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace },
    spec: { config: JSON.stringify(config) },
  });
}

/** The API server takes its time for the first request about a kind; whereabouts hangs if it loses its Lease meanwhile. */
async function served({ admin }: Bed, kind: string): Promise<void> {
  const path = `/apis/whereabouts.cni.cncf.io/v1alpha1/namespaces/kube-system/${kind}`;
  const isServed = async (): Promise<boolean> => (await admin.get(path)).status === 200;
  await until(isServed, { what: kind, timeoutMs: 30_000, everyMs: 50 });
}

const whereaboutsKinds = ['ippools', 'overlappingrangeipreservations', 'nodeslicepools'];

function configure({ capsule }: Bed, { folder, content }: { readonly folder: string; readonly content: object }): void {
  const path = capsule.hostPath(folder);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, '10-network.conflist'), JSON.stringify(content));
}

async function applyRuntimeClass({ admin }: Bed, name: string): Promise<void> {
  accepted(await admin.post('/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name }, handler: name }));
}

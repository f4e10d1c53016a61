import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { applyObject } from '../../test/cluster/deploy.ts';
import { makePod, uidOf } from '../../test/cluster/objects.ts';
import { debianPlugins, makeContainerId } from '../../test/fixture/runtime.ts';
import type { Attachment, Contender } from '../contenders.ts';
import { nodeName, type ClusterStage } from './stage.ts';

export interface Chain {
  readonly name: string;
  /** Path of Multus. */
  readonly executable: string;
  /** What attaches the Pods' network. */
  readonly delegate: Contender;
  /** The name of that network. */
  readonly network: string;
}

/**
 * The network of `delegate`, asked for by the annotation of Pods that exist, as many as there are sandboxes. Their
 * first network is the loopback: nothing of its cost hides that of the other one.
 */
export async function throughMultus(stage: ClusterStage, chain: Chain): Promise<Contender> {
  const { name, executable, delegate, network } = chain;
  await applyObject(stage.cluster.admin, {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name: network, namespace: 'bench' },
    spec: { config: JSON.stringify({ cniVersion: '1.0.0', name: network, ...delegate.config }) },
  });
  const pods = await makePods(stage, network);
  const makeAttachments = (count: number): readonly Attachment[] =>
    pods.slice(0, count).map((pod, index) => ({
      containerId: makeContainerId(),
      netns: stage.sandboxes[index % stage.sandboxes.length] ?? '',
      ifname: 'eth0',
      pod,
    }));
  return { name, executable, config: configOf(stage, chain), makeAttachments, silent: true };
}

function configOf({ node, adminKubeconfig }: ClusterStage, { delegate, network }: Chain): Contender['config'] {
  const dir = join(node.dir, `multus-${network}`);
  const [binDir, cniDir, confDir] = ['bin', 'cni', 'conf'].map((folder) => join(dir, folder));
  for (const folder of [binDir, cniDir, confDir]) mkdirSync(folder ?? '', { recursive: true });
  linkExecutables(binDir ?? '', [
    delegate.executable,
    join(dirname(delegate.executable), 'whereabouts'),
    join(debianPlugins, 'loopback'),
  ]);
  const delegates = [{ cniVersion: '1.0.0', name: 'lo', type: 'loopback' }];
  return { type: 'multus', kubeconfig: adminKubeconfig, binDir, cniDir, confDir, delegates };
}

/** One folder with all plugins, as on a Node; each under the name that its network calls it by. */
function linkExecutables(folder: string, paths: readonly string[]): void {
  for (const path of paths.filter((one) => existsSync(one))) symlinkSync(path, join(folder, basename(path)));
}

async function makePods(stage: ClusterStage, network: string): Promise<readonly { name: string; uid: string }[]> {
  const annotations = { 'k8s.v1.cni.cncf.io/networks': network };
  const make = async (_: string, index: number): Promise<{ name: string; uid: string }> => {
    const name = `${network}-${index}`;
    const pod = { namespace: 'bench', name, node: nodeName, annotations };
    return { name, uid: uidOf(await makePod(stage.cluster.admin, pod)) };
  };
  return Promise.all(stage.sandboxes.map(make));
}

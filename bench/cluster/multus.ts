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
  const pods = await makePods(stage, network, network);
  const plugins = [delegate.executable, join(dirname(delegate.executable), 'whereabouts')];
  const config = multusConfig(stage, { folder: `multus-${network}`, plugins });
  return { name, executable, config, makeAttachments: podsAttachments(stage, pods), silent: true };
}

/** The first interface of as many Pods as are asked for, each in a sandbox. */
export function podsAttachments(
  { sandboxes }: ClusterStage,
  pods: readonly BenchPod[],
): (count: number) => readonly Attachment[] {
  return (count) =>
    pods.slice(0, count).map((pod, index) => ({
      containerId: makeContainerId(),
      netns: sandboxes[index % sandboxes.length] ?? '',
      ifname: 'eth0',
      pod,
    }));
}

/** @param plugins executables that networks name, besides the loopback */
export function multusConfig(
  { node, adminKubeconfig }: ClusterStage,
  { folder, plugins }: { readonly folder: string; readonly plugins: readonly string[] },
): Contender['config'] {
  const dir = join(node.dir, folder);
  const [binDir, cniDir, confDir] = ['bin', 'cni', 'conf'].map((name) => join(dir, name));
  for (const made of [binDir, cniDir, confDir]) mkdirSync(made ?? '', { recursive: true });
  linkExecutables(binDir ?? '', [...plugins, join(debianPlugins, 'loopback')]);
  const delegates = [{ cniVersion: '1.0.0', name: 'lo', type: 'loopback' }];
  return { type: 'multus', kubeconfig: adminKubeconfig, binDir, cniDir, confDir, delegates };
}

/** One folder with all plugins, as on a Node; each under the name that its network calls it by. */
function linkExecutables(folder: string, paths: readonly string[]): void {
  for (const path of paths.filter((one) => existsSync(one))) symlinkSync(path, join(folder, basename(path)));
}

export interface BenchPod {
  readonly name: string;
  readonly uid: string;
}

/** As many as there are sandboxes. @param networks the value of their annotation */
export async function makePods(stage: ClusterStage, prefix: string, networks: string): Promise<readonly BenchPod[]> {
  const annotations = { 'k8s.v1.cni.cncf.io/networks': networks };
  const make = async (_: string, index: number): Promise<BenchPod> => {
    const name = `${prefix}-${index}`;
    const pod = { namespace: 'bench', name, node: nodeName, annotations };
    return { name, uid: uidOf(await makePod(stage.cluster.admin, pod)) };
  };
  return Promise.all(stage.sandboxes.map(make));
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../../fixture/command.ts';
import { until } from '../../fixture/until.ts';
import type { Capsule, CapsuleDaemon } from './capsule.ts';
import { image, makeImage } from './image.ts';

export interface RuntimeOptions {
  readonly dir: string;
  /** See makeArchive. */
  readonly archive: string;
  /** More handlers of RuntimeClasses, each with the folder of its own network configuration. */
  readonly handlers?: Readonly<Record<string, string>> | undefined;
}

/** containerd, with the image. */
export async function startContainerd(
  capsule: Capsule,
  { dir, archive, handlers = {} }: RuntimeOptions,
): Promise<CapsuleDaemon> {
  const config = join(dir, 'containerd.toml');
  writeFileSync(config, [settings, ...Object.entries(handlers).map(handlerSettings)].join('\n'));
  const containerd = capsule.start({ argv: ['containerd', '--config', config], log: 'containerd.log' });
  await containerdAnswers(capsule);
  await importImage({ capsule, archive });
  return containerd;
}

/** Does nothing if it is there. */
export async function importImage(node: { readonly capsule: Capsule; readonly archive: string }): Promise<void> {
  await node.capsule.exec('ctr', '--namespace', 'k8s.io', 'images', 'import', node.archive);
}

export async function containerdAnswers(capsule: Capsule): Promise<void> {
  const answers = async (): Promise<boolean> => (await capsule.run(['ctr', 'version'])).code === 0;
  await until(answers, { what: 'containerd', timeoutMs: 120_000, everyMs: 100 });
}

/** The image that all Pods are of. @returns a path */
export async function makeArchive(dir: string): Promise<string> {
  const folder = join(dir, 'image');
  mkdirSync(folder);
  return makeImage(folder, await must(['sh', '-c', 'command -v busybox']));
}

/** restrict_oom_score_adj: else runc fails where the machine does not let root lower that score. */
const settings = `
version = 2
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${image}"
disable_apparmor = true
disable_hugetlb_controller = true
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
`;

function handlerSettings([name, confDir]: readonly [string, string]): string {
  return `
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${name}]
runtime_type = "io.containerd.runc.v2"
cni_conf_dir = "${confDir}"
cni_max_conf_num = 1
`;
}

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from '../fixture/command.ts';
import { repository } from '../fixture/runtime.ts';
import { uniqueName } from '../fixture/unique.ts';

/** Where `etcd` and `kube-apiserver` are, or why they are not. */
export type ClusterTools =
  | { readonly dir: string; readonly reason: undefined }
  | { readonly dir: undefined; readonly reason: string };

const source = join(repository, 'test/cluster');
const programs = ['etcd', 'kube-apiserver'];
const packages = ['go.etcd.io/etcd/server/v3', 'k8s.io/kubernetes/cmd/kube-apiserver'];
const minutes = 60_000;

/**
 * The real etcd and kube-apiserver: from $KUBEBUILDER_ASSETS, or built with Go from the versions
 * that go.mod here pins, into build/tools/. The first build takes about 4 minutes on 2 cores.
 */
export async function findClusterTools(): Promise<ClusterTools> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') {
    if (complete(assets)) return found(assets);
    return missing(`KUBEBUILDER_ASSETS names ${assets}, which has not both of ${programs.join(' and ')}`);
  }
  const built = join(repository, 'build/tools', `cluster-${hashOfSources()}`);
  if (complete(built)) return found(built);
  const go = findGo();
  if (go === undefined) return missing('there is no Go to build kube-apiserver and etcd, and no KUBEBUILDER_ASSETS');
  return build(go, built);
}

function found(dir: string): ClusterTools {
  return { dir, reason: undefined };
}

function missing(reason: string): ClusterTools {
  return { dir: undefined, reason };
}

function complete(dir: string): boolean {
  return programs.every((program) => existsSync(join(dir, program)));
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(source, file)));
  return hash.digest('hex').slice(0, 12);
}

function findGo(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), '/usr/local/go/bin'];
  return folders.map((folder) => join(folder, 'go')).find((path) => existsSync(path));
}

/** Two runs side by side build once: the second one waits for the lock, and finds everything cached by Go. */
async function build(go: string, built: string): Promise<ClusterTools> {
  const partial = `${built}.${uniqueName('')}`;
  mkdirSync(partial, { recursive: true });
  process.stderr.write('building kube-apiserver and etcd: about 4 minutes, once\n');
  const argv = ['flock', join(repository, 'build/tools'), go, 'build', '-trimpath', '-ldflags', linkerFlags()];
  const output = await run([...argv, '-o', `${partial}/`, ...packages], {
    cwd: source,
    env: { CGO_ENABLED: '0' },
    timeoutMs: 20 * minutes,
  });
  if (output.code !== 0) {
    rmSync(partial, { recursive: true, force: true });
    return missing(`kube-apiserver and etcd could not be built: ${output.stderr.trim().slice(-2000)}`);
  }
  renameSync(join(partial, 'server'), join(partial, 'etcd'));
  return publish(partial, built);
}

/** Renamed when whole: a run beside this one may have been first. */
function publish(partial: string, built: string): ClusterTools {
  try {
    renameSync(partial, built);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!complete(built)) throw error;
  }
  return found(built);
}

/** Without a version of its own, an API server says v0.0.0-master and refuses nothing by version. */
function linkerFlags(): string {
  const version = /k8s\.io\/kubernetes (?<version>v\S+)/u.exec(readFileSync(join(source, 'go.mod'), 'utf8'))?.groups?.[
    'version'
  ];
  const [major = '', minor = ''] = (version ?? '').slice(1).split('.');
  const set = { gitVersion: version ?? '', gitMajor: major, gitMinor: minor };
  const flags = Object.entries(set).map(([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`);
  return ['-s', '-w', ...flags].join(' ');
}

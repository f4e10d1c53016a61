import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { run } from '../fixture/command.ts';
import { repository } from '../fixture/runtime.ts';
import { uniqueName } from '../fixture/unique.ts';

/** Where a set of programs is, or why it is not there. */
export type ClusterTools =
  | { readonly dir: string; readonly reason: undefined }
  | { readonly dir: undefined; readonly reason: string };

interface ToolSet {
  /** What its folder is called. */
  readonly name: string;
  /** The packages that they are built from, by what they are called. */
  readonly packages: Readonly<Record<string, string>>;
  /** For who waits. */
  readonly takes: string;
}

const source = join(repository, 'test/cluster');
const minutes = 60_000;

const clusterSet: ToolSet = {
  name: 'cluster',
  packages: { etcd: 'go.etcd.io/etcd/server/v3', 'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver' },
  takes: 'about 4 minutes',
};

const nodeSet: ToolSet = {
  name: 'node',
  packages: {
    kubelet: 'k8s.io/kubernetes/cmd/kubelet',
    'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
    'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  },
  takes: 'about 5 minutes',
};

/**
 * The real etcd and kube-apiserver: from $KUBEBUILDER_ASSETS, or built with Go from the versions
 * that go.mod here pins, into build/tools/. The first build takes about 4 minutes on 2 cores.
 */
export async function findClusterTools(): Promise<ClusterTools> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (assets === undefined || assets === '' || complete(assets, clusterSet)) return findTools(clusterSet);
  return missing(`KUBEBUILDER_ASSETS names ${assets}, which has not both of ${programsOf(clusterSet).join(' and ')}`);
}

/** kubelet, scheduler and controller manager: in $KUBEBUILDER_ASSETS if it has all of them, else built in the same way. */
export async function findNodeTools(): Promise<ClusterTools> {
  return findTools(nodeSet);
}

async function findTools(set: ToolSet): Promise<ClusterTools> {
  const built = join(repository, 'build/tools', `${set.name}-${hashOfSources()}`);
  const there = [process.env['KUBEBUILDER_ASSETS'] ?? '', built].find((dir) => dir !== '' && complete(dir, set));
  if (there !== undefined) return found(there);
  const go = findGo();
  if (go === undefined) return missing(`there is no Go to build ${list(set)}, and no KUBEBUILDER_ASSETS`);
  return build(set, { go, built });
}

function found(dir: string): ClusterTools {
  return { dir, reason: undefined };
}

function missing(reason: string): ClusterTools {
  return { dir: undefined, reason };
}

function complete(dir: string, set: ToolSet): boolean {
  return programsOf(set).every((program) => existsSync(join(dir, program)));
}

function programsOf({ packages }: ToolSet): readonly string[] {
  return Object.keys(packages);
}

function list(set: ToolSet): string {
  return programsOf(set)
    .join(', ')
    .replace(/, (?=[^,]*$)/u, ' and ');
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

interface Build {
  readonly go: string;
  readonly built: string;
}

/** Two runs side by side build once: the second one waits for the lock, and finds everything cached by Go. */
async function build(set: ToolSet, { go, built }: Build): Promise<ClusterTools> {
  const partial = `${built}.${uniqueName('')}`;
  mkdirSync(partial, { recursive: true });
  process.stderr.write(`building ${list(set)}: ${set.takes}, once\n`);
  const argv = ['flock', join(repository, 'build/tools'), go, 'build', '-trimpath', '-ldflags', linkerFlags()];
  const output = await run([...argv, '-o', `${partial}/`, ...Object.values(set.packages)], {
    cwd: source,
    env: { CGO_ENABLED: '0' },
    timeoutMs: 20 * minutes,
  });
  if (output.code !== 0) {
    rmSync(partial, { recursive: true, force: true });
    return missing(`${list(set)} could not be built: ${output.stderr.trim().slice(-2000)}`);
  }
  nameAsCalled(partial, set);
  return publish(set, { partial, built });
}

/** Go calls a program as the last part of its package that is no version. */
function nameAsCalled(dir: string, { packages }: ToolSet): void {
  for (const [program, from] of Object.entries(packages)) {
    const named = basename(from.replace(/\/v\d+$/u, ''));
    if (named !== program) renameSync(join(dir, named), join(dir, program));
  }
}

/** Renamed when whole: a run beside this one may have been first. */
function publish(set: ToolSet, { partial, built }: { readonly partial: string; readonly built: string }): ClusterTools {
  try {
    renameSync(partial, built);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!complete(built, set)) throw error;
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

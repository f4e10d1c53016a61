import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findClusterTools, findNodeTools } from '../cluster/tools.ts';
import { antreaExecutable, debianPlugins } from '../fixture/runtime.ts';
import { nodePlugins } from './node/node.ts';

const commands = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc', 'busybox', 'nsenter', 'unshare', 'curl'];
const controllers = ['cpu', 'cpuset', 'memory', 'pids'];

/** Why no Node with a kubelet can run on this machine; undefined if one can. Builds what can be built: minutes, once. */
export async function whyNot(): Promise<string | undefined> {
  return whyNotHere() ?? (await findClusterTools()).reason ?? (await findNodeTools()).reason;
}

function whyNotHere(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes root: for namespaces, mounts and control groups';
  const missing = commands.find((command) => onPath(command) === undefined);
  if (missing !== undefined) return `${missing} is not on the PATH: see scripts/setup.sh`;
  if (!isStatic('busybox')) return 'busybox needs libraries: Debian has a static one in busybox-static';
  const plugin = nodePlugins.map((name) => join(debianPlugins, name)).find((path) => !existsSync(path));
  if (plugin !== undefined) return `${plugin} is not there: see scripts/setup.sh`;
  if (!existsSync(antreaExecutable())) return `${antreaExecutable()} is not there: run "make build" first`;
  if (!/\boverlay$/mu.test(readFileSync('/proc/filesystems', 'utf8'))) return 'the kernel has no overlay file system';
  const controller = controllers.find((name) => !hasController(name));
  return controller === undefined ? undefined : `/sys/fs/cgroup has no controller ${controller}`;
}

function onPath(command: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path));
}

/** A program with libraries names who loads them, near its beginning. */
function isStatic(command: string): boolean {
  return !readFileSync(onPath(command) ?? '')
    .subarray(0, 4096)
    .includes('/ld-');
}

/** cgroup v2 lists them in a file, v1 has a hierarchy for each. */
function hasController(name: string): boolean {
  const list = '/sys/fs/cgroup/cgroup.controllers';
  if (existsSync(list)) return readFileSync(list, 'utf8').trim().split(' ').includes(name);
  return existsSync(join('/sys/fs/cgroup', name));
}

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onceGone } from '../../fixture/once-gone.ts';
import { uniqueName } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';

/** A control group for all Pods of a Node, in every hierarchy of this machine. */
export interface Cgroup {
  /** Its path in each hierarchy: `/antrea-e2e-…`. */
  readonly path: string;
  /** When all of its processes have ended. */
  readonly remove: () => Promise<void>;
}

const root = '/sys/fs/cgroup';

export function makeCgroup(): Cgroup {
  const name = uniqueName('antrea-e2e-');
  const settle = onceGone(removal(name));
  for (const hierarchy of hierarchies()) {
    const folder = join(hierarchy, name);
    mkdirSync(folder);
    for (const file of ['cpuset.cpus', 'cpuset.mems']) inherit(file, { from: hierarchy, to: folder });
  }
  const gone = (): boolean => everywhere(name).every(removeTree);
  return {
    path: `/${name}`,
    async remove() {
      await until(gone, { what: `cgroup ${name} without processes`, timeoutMs: 120_000, everyMs: 50 });
      settle();
    },
  };
}

/** Fails while processes are there. */
function removal(name: string): string {
  const folders = `$(ls -d ${root}/${name} ${root}/*/${name} 2>/dev/null)`;
  return `for one in ${folders}; do find $one -depth -type d -exec rmdir {} +; done; [ -z "${folders}" ]`;
}

/** cgroup v2 has one hierarchy, v1 one for each controller. */
function hierarchies(): readonly string[] {
  if (existsSync(join(root, 'cgroup.controllers'))) return [root];
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => join(root, name));
}

function everywhere(name: string): readonly string[] {
  return hierarchies()
    .map((hierarchy) => join(hierarchy, name))
    .filter((folder) => existsSync(folder));
}

/** Without processors and memory of its own, a group of v1 can hold no process. */
function inherit(file: string, { from, to }: { readonly from: string; readonly to: string }): void {
  if (existsSync(join(to, file))) writeFileSync(join(to, file), readFileSync(join(from, file)));
}

/** Whether it is gone: a group that has processes cannot be removed. */
function removeTree(folder: string): boolean {
  try {
    const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of inner) removeTree(join(folder, name));
    rmdirSync(folder);
  } catch {
    return !existsSync(folder);
  }
  return true;
}

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onAbruptEnd } from '../../fixture/abrupt.ts';
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
const label = 'antrea-e2e-';

/** Removes, too, what runs have left that were killed: the name tells by which process it was made. */
export function makeCgroup(): Cgroup {
  for (const folder of everywhere(isOrphan)) removeTree(folder);
  const name = uniqueName(`${label}${process.pid}-`);
  for (const hierarchy of hierarchies()) {
    const folder = join(hierarchy, name);
    mkdirSync(folder);
    for (const file of ['cpuset.cpus', 'cpuset.mems']) inherit(file, { from: hierarchy, to: folder });
  }
  const gone = (): boolean => everywhere((one) => one === name).every(removeTree);
  const settle = onAbruptEnd(() => waitFor(gone));
  return {
    path: `/${name}`,
    async remove() {
      await until(gone, { what: `cgroup ${name} without processes`, timeoutMs: 30_000, everyMs: 50 });
      settle();
    },
  };
}

function isOrphan(name: string): boolean {
  const [, maker] = /^antrea-e2e-(?<maker>\d+)-/u.exec(name) ?? [];
  return maker !== undefined && !existsSync(`/proc/${maker}`);
}

/** As long as processes take to end that have been killed; nothing else runs at an abrupt end. */
function waitFor(done: () => boolean): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 250 && !done(); tries += 1) Atomics.wait(clock, 0, 0, 20);
}

/** cgroup v2 has one hierarchy, v1 one for each controller. */
function hierarchies(): readonly string[] {
  if (existsSync(join(root, 'cgroup.controllers'))) return [root];
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => join(root, name));
}

function everywhere(isMeant: (name: string) => boolean): readonly string[] {
  return hierarchies().flatMap((hierarchy) =>
    readdirSync(hierarchy)
      .filter(isMeant)
      .map((name) => join(hierarchy, name)),
  );
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

import fs from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../system/failure.ts';
import { chainedConflist } from './conflist.ts';
import { isOurs, pluginTypes, readConfDir, type ConfFile } from './conf-dir.ts';
import { withPluginsOfFolder } from './plugin-folder.ts';
import { putText, removeFile, removeLeftovers } from './whole-file.ts';

export interface ConflistRequest {
  readonly confDir: string;
  /** What our plugin is called on this Node. */
  readonly plugin: string;
  /** Whether to write again what Cilium has put aside. */
  readonly insist: boolean;
  /** Say what would be done, and do nothing. */
  readonly dryRun?: boolean;
}

export interface ConflistOutcome {
  readonly state: 'written' | 'unchanged' | 'removed' | 'absent';
  /** Path of ours. */
  readonly path: string;
  /** Name of the primary's file; undefined when there is none. */
  readonly primary: string | undefined;
  /** Whether the primary network is Cilium's. */
  readonly cilium: boolean;
}

/** Of ours, the usual one first; the others stand before ever more. In a byte order, `!` comes before `-`, and that before `0`. */
const names = ['00-antrea-cni.conflist', '0-antrea-cni.conflist', '!antrea-cni.conflist'];
const setAside = '.cilium_bak';

/**
 * Brings our list of plugins in line with the primary network's configuration, the first one in the folder that is not
 * ours. Where that is gone, ours goes too: a Node without a primary network must not look ready.
 * @throws Failure what is in the way; ours stays as it was then, except that it goes where Multus has come
 */
export function syncConflist(request: ConflistRequest): ConflistOutcome {
  const { confDir, plugin, insist, dryRun = false } = request;
  const all = readConfDir(confDir);
  const own = all.filter((file) => isOurs(file) && names.includes(file.name));
  const remove = (files: readonly ConfFile[]): boolean => files.length > 0 && (dryRun || removeAll(confDir, files));
  const others = all.filter((file) => !isOurs(file)).map((file) => withPluginsOfFolder(confDir, file));
  refuseMultus(others, () => remove(own));
  const [primary] = others;
  const usual = join(confDir, names[0] ?? '');
  if (primary === undefined) {
    return { state: remove(own) ? 'removed' : 'absent', path: usual, primary: undefined, cilium: false };
  }
  if (primary.content instanceof Failure) throw unreadable(primary.content);
  const text = chainedConflist({ file: primary.name, content: primary.content, plugin });
  const path = join(confDir, nameBefore(primary.name));
  const cilium = pluginTypes(primary).includes('cilium-cni');
  if (cilium && !insist) refuseSetAside(path);
  const state = isSame(path, text) ? 'unchanged' : 'written';
  if (!dryRun) {
    if (state === 'written') putText(path, text, 0o644);
    removeFile(`${path}${setAside}`);
  }
  remove(own.filter(({ name }) => join(confDir, name) !== path));
  return { state, path, primary: primary.name, cilium };
}

/** Removes what is ours, whatever else is there. @returns the paths */
export function removeConflist(confDir: string, dryRun = false): readonly string[] {
  const own = readConfDir(confDir).filter((file) => isOurs(file) && names.includes(file.name));
  const aside = names.map((name) => `${name}${setAside}`).filter((name) => fs.existsSync(join(confDir, name)));
  if (!dryRun) for (const name of names) removeLeftovers(join(confDir, name));
  const paths = [...own.map(({ name }) => name), ...aside].map((name) => join(confDir, name));
  return paths.filter((path) => dryRun || removeFile(path));
}

/** Cilium watches the folder, and renames what it does not know. */
export function refuseSetAside(path: string): void {
  if (fs.existsSync(path) || !fs.existsSync(`${path}${setAside}`)) return;
  throw new Failure(
    'refused',
    `Cilium has renamed ${path} to ${path}${setAside}, because it wants to be the only one`,
    {
      details:
        'let it leave others alone: cni-exclusive: "false" in the ConfigMap cilium-config (Helm: cni.exclusive=false), then restart its agents',
    },
  );
}

function removeAll(confDir: string, files: readonly ConfFile[]): boolean {
  return files.map(({ name }) => removeFile(join(confDir, name))).some(Boolean);
}

/** Both of us would attach the same networks. And its daemon would take our list for the primary one. */
function refuseMultus(others: readonly ConfFile[], giveWay: () => void): void {
  const multus = others.find((file) => pluginTypes(file).some((type) => /^multus(?:-shim)?$/.test(type)));
  if (multus === undefined) return;
  giveWay();
  throw new Failure('refused', `Multus attaches the networks of Pods on this Node: ${multus.name} calls it`, {
    details: 'leave that to it (--mode multus), or remove Multus and its configuration from this Node first',
  });
}

function unreadable({ kind, message, cause }: Failure): Failure {
  return new Failure(kind, `the configuration of the primary network cannot be used: ${message}`, { cause });
}

function nameBefore(primary: string): string {
  const name = names.find((one) => Buffer.compare(Buffer.from(one), Buffer.from(primary)) < 0);
  if (name !== undefined) return name;
  throw new Failure('refused', `nothing can stand before ${primary}: give it a name such as 10-primary.conflist`);
}

/** What cannot be read is another one: writing it says why. */
function isSame(path: string, text: string): boolean {
  try {
    return fs.readFileSync(path, 'utf8') === text;
  } catch {
    return false;
  }
}

import type { Exec } from '../system/exec.ts';
import type { Files } from '../system/files.ts';
import { Failure } from '../system/failure.ts';
import { sleep } from '../system/sleep.ts';
import type { OvsDriver } from './ovs/driver.ts';
import { PortFailure } from './port-failure.ts';

/** Attachments, at least one, that are taken back together. */
export interface Detachment {
  /** Names of the host's ends and of the ports. Whether the ports are ours is the caller's to know. */
  readonly hostInterfaces: readonly string[];
  readonly mark: Readonly<Record<string, string>>;
}

export interface Means {
  readonly exec: Exec;
  readonly ovs: Pick<OvsDriver, 'removePorts'>;
  readonly files: Pick<Files, 'exists'>;
}

/** Beyond what the kernel does in milliseconds. */
const timeout = 10_000;

/**
 * Removes the ports, in one transaction, and the veth pairs. What is gone already is no error; one that fails does not
 * keep the others.
 * @returns what went wrong: nothing when all are gone; PortFailure what is about one of them
 */
export async function detach(means: Means, { hostInterfaces, mark }: Detachment): Promise<readonly Failure[]> {
  const { exec, ovs, files } = means;
  const links = hostInterfaces.filter((name) => linkExists(files, name));
  if (links.length > 0) startDeletion(exec, { hostInterfaces: links, mark });
  const failures: Failure[] = [];
  try {
    await ovs.removePorts(hostInterfaces);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failures.push(error);
  }
  await untilGone(files, hostInterfaces);
  return [...failures, ...deleteLinks(means, hostInterfaces)];
}

/**
 * `ip link delete` returns only after a grace period of the kernel (about 18 ms), though both ends of the pair are
 * closed and gone after 2 ms: so nobody waits for it (docs/adr/0003-hot-path-processes.md). And each pair has a process
 * of its own, for in a batch each would wait for the one before: four pairs are gone after 9 ms, in a batch
 * after 70 (docs/adr/0009-networks-together.md).
 */
function startDeletion(exec: Exec, { hostInterfaces, mark: env }: Detachment): void {
  const script = 'for name; do ip link delete dev "$name" </dev/null >/dev/null 2>&1 & done';
  exec('sh', ['-c', script, 'sh', ...hostInterfaces], { timeout, env });
}

/** Two looks, unless the Node is busy; after 400 ms something must have gone wrong. */
async function untilGone(files: Pick<Files, 'exists'>, names: readonly string[]): Promise<void> {
  for (let look = 0; look < 40 && names.some((name) => linkExists(files, name)); look++) await sleep(1 + look / 2);
}

export function linkExists(files: Pick<Files, 'exists'>, name: string): boolean {
  return files.exists(`/proc/sys/net/ipv4/conf/${name}`);
}

/** @returns what went wrong: nothing when the links are gone */
export function deleteLinks(
  { exec, files }: Pick<Means, 'exec' | 'files'>,
  names: readonly string[],
): readonly PortFailure[] {
  return names.flatMap((name) => {
    if (!linkExists(files, name)) return [];
    const { code, stderr, timedOut } = exec('ip', ['link', 'delete', 'dev', name], { timeout });
    // The deletion that was started first may have come first after all.
    if (code === 0 || !linkExists(files, name)) return [];
    const failure = timedOut
      ? new Failure('unavailable', `ip did not end in ${timeout / 1000} s: is the Node overloaded?`)
      : new Failure('wiring', `the link ${name} cannot be deleted: ${stderr}`);
    return [new PortFailure(name, failure)];
  });
}

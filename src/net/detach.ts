import type { Exec } from '../system/exec.ts';
import type { Files } from '../system/files.ts';
import { Failure } from '../system/failure.ts';
import { sleep } from '../system/sleep.ts';
import type { OvsDriver } from './ovs/driver.ts';

export interface Detachment {
  /** Name of the host's end and of the port. Whether the port is ours is the caller's to know. */
  readonly hostInterface: string;
  readonly mark: Readonly<Record<string, string>>;
}

export interface Means {
  readonly exec: Exec;
  readonly ovs: Pick<OvsDriver, 'removePort'>;
  readonly files: Pick<Files, 'exists'>;
}

/**
 * Removes the port and the veth pair. What is gone already is no error; one that fails does not keep the other.
 * @returns what went wrong: nothing when both are gone
 */
export async function detach(means: Means, { hostInterface, mark }: Detachment): Promise<readonly Failure[]> {
  const { exec, ovs, files } = means;
  if (linkExists(files, hostInterface)) startDeletion(exec, { hostInterface, mark });
  const failures: Failure[] = [];
  try {
    await ovs.removePort(hostInterface);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failures.push(error);
  }
  await untilGone(files, hostInterface);
  return [...failures, ...deleteLink(means, hostInterface)];
}

/**
 * `ip link delete` returns only after a grace period of the kernel (about 18 ms), though both ends of the pair are
 * closed and gone after 2 ms: so nobody waits for it (docs/adr/0003-hot-path-processes.md).
 */
function startDeletion(exec: Exec, { hostInterface, mark: env }: Detachment): void {
  const script = 'ip link delete dev "$1" </dev/null >/dev/null 2>&1 &';
  exec('sh', ['-c', script, 'sh', hostInterface], { timeout: 5000, env });
}

/** Two looks, unless the Node is busy; after 400 ms something must have gone wrong. */
async function untilGone(files: Pick<Files, 'exists'>, name: string): Promise<void> {
  for (let look = 0; look < 40 && linkExists(files, name); look++) await sleep(1 + look / 2);
}

export function linkExists(files: Pick<Files, 'exists'>, name: string): boolean {
  return files.exists(`/proc/sys/net/ipv4/conf/${name}`);
}

/** @returns what went wrong: nothing when the link is gone */
export function deleteLink({ exec, files }: Pick<Means, 'exec' | 'files'>, name: string): readonly Failure[] {
  if (!linkExists(files, name)) return [];
  const { code, stderr } = exec('ip', ['link', 'delete', 'dev', name], { timeout: 5000 });
  // The deletion that was started first may have come first after all.
  if (code === 0 || !linkExists(files, name)) return [];
  return [new Failure('wiring', `the link ${name} cannot be deleted: ${stderr}`)];
}

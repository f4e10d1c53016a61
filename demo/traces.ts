import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, rmdirSync } from 'node:fs';

const results = '/var/lib/cni/results';

/**
 * What `cnitool` and `ip netns add` leave on a machine that had none of it: empty folders, and the
 * results of attachments that were not detached.
 */
export interface Traces {
  /** A result file that cnitool may keep, if the demo ends half-way. */
  readonly expect: (network: string, netns: string, ifname: string) => void;
  /** Removes what was not there when the traces were created, and is nobody else's. Synchronous, for abrupt ends. */
  readonly erase: () => void;
}

export function createTraces(): Traces {
  const files: string[] = [];
  const folders = [results, '/var/lib/cni'].filter((folder) => !existsSync(folder));
  const netnsFolder = existsSync('/run/netns') ? undefined : '/run/netns';
  return {
    expect(network, netns, ifname) {
      files.push(`${results}/${network}-${containerIdOf(netns)}-${ifname}`);
    },
    erase() {
      for (const file of files) rmSync(file, { force: true });
      for (const folder of folders) removeIfEmpty(folder);
      if (netnsFolder !== undefined) removeMount(netnsFolder);
    },
  };
}

/** cnitool's own rule: cnitool/cmd in github.com/containernetworking/cni. */
function containerIdOf(netns: string): string {
  return `cnitool-${createHash('sha512').update(netns).digest('hex').slice(0, 20)}`;
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not there, or in use by somebody else by now: theirs.
  }
}

/** `ip netns add` mounts /run/netns onto itself; while anybody has a namespace there, it is busy. */
function removeMount(folder: string): void {
  try {
    execFileSync('umount', [folder], { stdio: 'ignore' });
  } catch {
    return;
  }
  removeIfEmpty(folder);
}

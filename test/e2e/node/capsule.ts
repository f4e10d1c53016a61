import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, run, type Output, type RunOptions } from '../../fixture/command.ts';
import { startDaemon, type Daemon } from '../../fixture/daemon.ts';
import { until } from '../../fixture/until.ts';

/**
 * A machine within this one, as far as a kubelet sees: a network, processes and mounts of its own, and private
 * `/etc`, `/opt`, `/var` and `/run`, the last in memory as on any Node. What happens there touches nothing of this machine; all of its processes and mounts
 * end with it, and it ends with us, however we end.
 */
export interface Capsule {
  /** What comes before a command to run it there. */
  readonly prefix: readonly string[];
  /** Where a path below `/run` or one of `mounts` is on this machine, and `bootId`. */
  readonly hostPath: (path: string) => string;
  /** Runs a command that has to succeed; its standard output. */
  readonly exec: (...argv: readonly string[]) => Promise<string>;
  readonly run: (argv: readonly string[], options?: RunOptions) => Promise<Output>;
  readonly start: (options: CapsuleDaemonOptions) => CapsuleDaemon;
  readonly stop: () => Promise<void>;
}

export interface CapsuleDaemonOptions {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Name of its log, in the folder of the capsule. */
  readonly log: string;
}

export interface CapsuleDaemon {
  readonly running: () => boolean;
  readonly start: () => void;
  /** Sends a signal to the process itself. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Sends it, and waits for the end. */
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
  /** All that it has said. */
  readonly output: () => string;
}

export interface CapsuleOptions {
  /** A folder on a real file system. */
  readonly dir: string;
  /** Name of the network namespace. */
  readonly netns: string;
  /** Folders of this machine that are to be seen under another path there. */
  readonly mounts: Readonly<Record<string, string>>;
}

/** Another one each time that a machine is started. */
export const bootId = '/proc/sys/kernel/random/boot_id';

export async function startCapsule({ dir, netns, mounts }: CapsuleOptions): Promise<Capsule> {
  const init = startDaemon({
    prefix: ['nsenter', `--net=/run/netns/${netns}`],
    argv: ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', script],
    env: {
      DIR: dir,
      MOUNTS: Object.entries(mounts)
        .map(([path, from]) => `${from} ${path}`)
        .join('\n'),
    },
    outputFile: join(dir, 'capsule.log'),
  });
  try {
    await until(() => isReady(init, dir), { what: 'a capsule', timeoutMs: 60_000 });
  } catch (error) {
    await init.kill();
    throw error;
  }
  const pid = childOf(init.pid());
  const prefix = ['nsenter', `--target=${pid}`, '--mount', '--pid', '--net', '--'];
  return {
    prefix,
    hostPath: (path) =>
      hostPath(path, { ...mounts, '/run': `/proc/${pid}/root/run`, [bootId]: join(dir, 'kernel/boot_id') }),
    exec: (...argv) => must([...prefix, ...argv]),
    run: (argv, options) => run([...prefix, ...argv], options),
    start: (options) => startInside(options, { prefix, dir }),
    stop: () => init.kill(),
  };
}

/**
 * `/sys` is that of the network namespace, with the cgroups of this machine. A kubelet sets these variables of the
 * kernel, which are of the whole machine: there, they are files that say so already.
 */
const script = `
set -eu
mount --make-rprivate /
cd "$DIR"
mkdir -p cgroup kernel
mount --rbind /sys/fs/cgroup cgroup
mount -t sysfs sysfs /sys
mount --rbind cgroup /sys/fs/cgroup
while IFS== read -r variable value; do
  copy=kernel/$(basename "$variable")
  echo "$value" >"$copy"
  [ ! -e "/proc/sys/$variable" ] || mount --bind "$copy" "/proc/sys/$variable"
done <<'END'
vm/overcommit_memory=1
vm/panic_on_oom=0
kernel/panic=10
kernel/panic_on_oops=1
kernel/keys/root_maxkeys=1000000
kernel/keys/root_maxbytes=25000000
END
cp /proc/sys/kernel/random/boot_id kernel/boot_id
mount --bind kernel/boot_id /proc/sys/kernel/random/boot_id
for top in etc opt var; do
  mkdir -p "upper/$top" "work/$top"
  mount -t overlay overlay -o "lowerdir=/$top,upperdir=$DIR/upper/$top,workdir=$DIR/work/$top" "/$top"
done
# What this machine has mounted there would only be hidden, and held.
while read -r _ path _; do
  # One that has been removed meanwhile is no mount any more.
  case $path in /run/*) umount -l "$path" 2>/dev/null || : ;; esac
done < <(tac /proc/mounts)
mount -t tmpfs -o mode=755 run /run
while read -r from path; do
  mkdir -p "$from" "$path"
  mount --bind "$from" "$path"
done <<<"$MOUNTS"
mount --make-rshared /
cd /
echo ready >"$DIR/ready"
# The first process has to wait for the orphans among the others; bash does.
while :; do sleep 3600 & wait $! || :; done
`;

function hostPath(path: string, mounts: CapsuleOptions['mounts']): string {
  const found = Object.entries(mounts).find(([top]) => path === top || path.startsWith(`${top}/`));
  if (found === undefined) throw new Error(`${path} is not of the capsule alone`);
  return join(found[1], path.slice(found[0].length));
}

function isReady(init: Daemon, dir: string): boolean {
  if (!init.running()) throw new Error(`the capsule did not start:\n${readFileSync(join(dir, 'capsule.log'), 'utf8')}`);
  return readOptional(join(dir, 'ready')) !== '';
}

interface Inside {
  readonly prefix: readonly string[];
  readonly dir: string;
}

function startInside({ argv, env = {}, log }: CapsuleDaemonOptions, { prefix, dir }: Inside): CapsuleDaemon {
  const outputFile = join(dir, log);
  const daemon = startDaemon({ argv, prefix, env, outputFile });
  const signal = (name: NodeJS.Signals): void => {
    const pid = childOf(daemon.pid());
    if (pid !== undefined) process.kill(pid, name);
  };
  return {
    running: daemon.running,
    start: daemon.start,
    signal,
    async end(name) {
      signal(name);
      await until(() => !daemon.running(), { what: `the end of ${argv[0]}`, timeoutMs: 60_000, everyMs: 20 });
    },
    output: () => readFileSync(outputFile, 'utf8'),
  };
}

/** Who enters a namespace of processes leaves a child there, and waits for it. */
function childOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  const [child] = readOptional(`/proc/${pid}/task/${pid}/children`).trim().split(' ');
  return child === undefined || child === '' ? undefined : Number(child);
}

function readOptional(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

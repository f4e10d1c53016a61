import type { Exec, Outcome, RunOptions } from '../../system/exec.ts';
import { Failure } from '../../system/failure.ts';
import { fail, ok, type Finding } from '../../system/finding.ts';

interface Tool {
  readonly command: string;
  /** Package of Debian and Fedora that has it. */
  readonly packages: string;
  /** What the plugin needs of it, tried without an effect. */
  readonly trials: readonly Trial[];
}

interface Trial {
  readonly what: string;
  readonly args: readonly string[];
  readonly options?: Pick<RunOptions, 'input'>;
  /** Whether a successful end is what was wanted. */
  readonly expects?: (outcome: Outcome) => boolean;
}

const tools: readonly Tool[] = [
  { command: 'sh', packages: 'dash or bash', trials: [{ what: 'sh -c', args: ['-c', ':'] }] },
  {
    command: 'ip',
    packages: 'iproute2 or iproute',
    trials: [
      { what: 'ip -json', args: ['-json', 'link', 'show', 'dev', 'lo'], expects: ({ stdout }) => isJson(stdout) },
      { what: 'ip -batch', args: ['-batch', '-'], options: { input: 'link show dev lo\n' } },
    ],
  },
  {
    command: 'nsenter',
    packages: 'util-linux',
    trials: [{ what: 'nsenter --net', args: ['--net=/proc/self/ns/net', 'sh', '-c', ':'] }],
  },
];

const vsctl: Tool = {
  command: 'ovs-vsctl',
  packages: 'openvswitch-switch or openvswitch',
  trials: [{ what: 'ovs-vsctl --version', args: ['--version'] }],
};

/** The programs that the plugin runs on every Node, found as it finds them: through PATH. */
export function checkTools(exec: Exec): readonly Finding[] {
  return tools.map((tool) => checkTool(exec, tool));
}

/** Only where the Node file says so. */
export function checkVsctl(exec: Exec): Finding {
  return checkTool(exec, vsctl);
}

function checkTool(exec: Exec, { command, packages, trials }: Tool): Finding {
  const install = `install a package that has it (${packages}), or add its folder to the PATH of the container runtime`;
  const replace = `run this as root; the program must be the one of ${packages}, not that of BusyBox`;
  for (const { what, args, options, expects } of trials) {
    const outcome = attempt(exec, [command, ...args], options);
    if (outcome instanceof Failure) return fail(command, outcome.message, install);
    if (outcome.code !== 0) return fail(command, `${what} failed: ${outcome.stderr || ending(outcome)}`, replace);
    if (expects?.(outcome) === false) return fail(command, `${what} does not do what iproute2's does`, replace);
  }
  return ok(command, trials.map(({ what }) => what).join(', '));
}

/** The outcome, or why there was none. */
export function attempt(
  exec: Exec,
  argv: readonly string[],
  options: Pick<RunOptions, 'input'> = {},
): Outcome | Failure {
  const [command = '', ...args] = argv;
  try {
    return exec(command, args, { timeout: 5000, ...options });
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

export function ending({ code, timedOut }: Outcome): string {
  if (timedOut) return 'no answer in 5 s';
  return code === null ? 'a signal ended it' : `exit code ${code}`;
}

function isJson(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

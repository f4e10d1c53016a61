import { Failure, systemCode } from './failure.ts';

export interface RunOptions {
  /** Milliseconds until the process is killed. */
  readonly timeout: number;
  /** Written to stdin. */
  readonly input?: string;
  /** An open file that the process gets as descriptor 3. */
  readonly descriptor?: number;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Outcome {
  /** Exit code; null when a signal or the timeout ended the process. */
  readonly code: number | null;
  /** Trimmed. */
  readonly stdout: string;
  /** Trimmed. */
  readonly stderr: string;
  readonly timedOut: boolean;
}

/**
 * Runs a program and waits for it. Synchronous, because asynchronous pipes cost a start 4 ms of CPU
 * (docs/adr/0003-hot-path-processes.md). The program sees PATH and what `env` adds, nothing of the caller's environment.
 * @throws Failure `not-ready` when there is no such command
 */
export type Exec = (command: string, args: readonly string[], options: RunOptions) => Outcome;

/** Before the caller's own folders, which may lack iproute2 and OVS (they live in sbin), or be many. */
const standardPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const maxOutput = 64 * 1024 * 1024;

export const exec: Exec = (command, args, { timeout, input = '', descriptor, env = {} }) => {
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    input,
    timeout,
    killSignal: 'SIGKILL',
    maxBuffer: maxOutput,
    stdio: ['pipe', 'pipe', 'pipe', ...(descriptor === undefined ? [] : [descriptor])],
    env: { PATH: searchPath(), LC_ALL: 'C', ...env },
  });
  const timedOut = systemCode(error) === 'ETIMEDOUT';
  // EPIPE: it ended before it had read all of its input; its exit code tells more.
  if (error !== undefined && !timedOut && systemCode(error) !== 'EPIPE') throw startFailure(command, error);
  return { code: status, stdout: stdout.toString('utf8').trim(), stderr: stderr.toString('utf8').trim(), timedOut };
};

function searchPath(): string {
  const own = process.env['PATH'] ?? '';
  return own === '' ? standardPath : `${standardPath}:${own}`;
}

function startFailure(command: string, cause: Error): Failure {
  if (systemCode(cause) !== 'ENOENT') return new Failure('io', `${command} cannot be run`, { cause });
  return new Failure(
    'not-ready',
    `the command ${command} is missing on this Node: install it, or add its folder to PATH`,
    { cause },
  );
}

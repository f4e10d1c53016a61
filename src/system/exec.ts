import { programOf, startFailure } from './program.ts';

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
 * Runs a program and waits for it. The program sees PATH and what `env` adds, nothing of the caller's environment.
 * @throws Failure `wiring` when there is no such command, `io` when it cannot be run or prints too much
 */
export type Exec = (command: string, args: readonly string[], options: RunOptions) => Outcome;

const maxOutput = 64 * 1024 * 1024;

/** What child_process.spawnSync() is made of. */
export interface SpawnSync {
  spawn(options: {
    readonly file: string;
    readonly args: readonly string[];
    readonly envPairs: readonly string[];
    readonly stdio: readonly object[];
    readonly timeout: number;
    readonly killSignal: number;
    readonly maxBuffer: number;
  }): {
    readonly status: number | null;
    readonly output: readonly (Buffer | null)[] | null;
    /** A negative errno. */
    readonly error?: number;
  };
}

const sigkill = 9;
const errors = { epipe: -32, etimedout: -110 } as const;

/**
 * By way of Node's own binding: loading child_process brings net and streams along, which costs a start 3.3 ms of 40
 * (docs/adr/0003-hot-path-processes.md). The Node that runs this is part of the executable, and the build tests it.
 */
export const exec: Exec = (command, args, { timeout, input = '', descriptor, env = {} }) => {
  const { status, output, error } = process.binding('spawn_sync').spawn({
    ...programOf(command, { args, env }),
    stdio: [
      { type: 'pipe', readable: true, writable: false, input: Buffer.from(input) },
      { type: 'pipe', readable: false, writable: true },
      { type: 'pipe', readable: false, writable: true },
      ...(descriptor === undefined ? [] : [{ type: 'fd', fd: descriptor }]),
    ],
    timeout,
    killSignal: sigkill,
    maxBuffer: maxOutput,
  });
  const timedOut = error === errors.etimedout;
  // EPIPE: it ended before it had read all of its input; its exit code tells more.
  if (error !== undefined && !timedOut && error !== errors.epipe) throw startFailure(command, error);
  return { code: status, stdout: text(output?.[1]), stderr: text(output?.[2]), timedOut };
};

function text(output: Buffer | null | undefined): string {
  return output?.toString('utf8').trim() ?? '';
}

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Outcome } from '../system/exec.ts';
import { Failure, messageOf } from '../system/failure.ts';
import { programOf } from '../system/program.ts';

export interface AsideOptions {
  /** Milliseconds until the process is killed. */
  readonly timeout: number;
  /** Written to stdin. */
  readonly input: string;
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What it is told to be called; default: as it is named. */
  readonly name?: string;
  /** Kills it. */
  readonly signal?: AbortSignal;
}

/** Characters of each of its outputs. What comes after them is not kept. */
const longest = 1024 * 1024;

/**
 * Runs a program as Exec does (src/system/exec.ts), beside all else: the agent goes on meanwhile.
 * @throws Failure `io` when it cannot be run
 */
export async function execAside(command: string, args: readonly string[], options: AsideOptions): Promise<Outcome> {
  const { timeout, input, env, name = command, signal } = options;
  const { file, envPairs } = programOf(command, { args, env });
  const child = spawn(file, args, { argv0: name, env: variables(envPairs), cwd: '/', stdio: 'pipe' });
  // It has no streams then, at times.
  if (child.pid === undefined) throw failure(command, (await once(child, 'error'))[0]);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  // It may have ended before it has read everything.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill(child);
  }, timeout);
  const stop = (): void => kill(child);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await once(child, 'close');
    return { code: child.exitCode, stdout: stdout().trim(), stderr: stderr().trim(), timedOut };
  } catch (cause) {
    throw failure(command, cause);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function failure(command: string, cause: unknown): Failure {
  return new Failure('io', `${command} cannot be run: ${messageOf(cause)}`, { cause });
}

function variables(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const length = pair.indexOf('=');
      return [pair.slice(0, length), pair.slice(length + 1)];
    }),
  );
}

/** With what it writes to: programs that it has started may hold the other ends for ever. */
function kill(child: ChildProcessWithoutNullStreams): void {
  child.kill('SIGKILL');
  child.stdout.destroy();
  child.stderr.destroy();
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    if (text.length < longest) text += part;
  });
  return () => text;
}

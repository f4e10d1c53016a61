import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { messageOf } from '../../system/failure.ts';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds until it is killed; undefined: it may wait for a person. */
  readonly timeout: number | undefined;
}

/**
 * Runs a program that may talk with the user, on stderr and by stdin.
 * @throws Error what went wrong, said of the program: "cannot be run: …"
 */
export type RunProgram = (program: Program) => Promise<{ readonly code: number | null; readonly stdout: string }>;

/** Characters. A token has some thousand, a client certificate with its key hardly more. */
const longest = 1024 * 1024;

/** Does not block: agent and controller go on meanwhile. */
export const runProgram: RunProgram = async ({ command, args, env, timeout }) => {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['inherit', 'pipe', 'inherit'] });
  // It has no streams then, at times.
  if (child.pid === undefined) throw new Error(`cannot be run: ${messageOf((await once(child, 'error'))[0])}`);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  let stdout = '';
  const giveUp = (problem: string): void => {
    child.kill('SIGKILL');
    // What it has started may hold the other end for ever.
    child.stdout.destroy();
    reject(new Error(problem));
  };
  const limit = timeout ?? 0;
  const timer = limit > 0 ? setTimeout(() => giveUp(`has not ended in ${limit / 1000} s`), limit) : undefined;
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
    if (stdout.length > longest) giveUp(`printed more than ${longest} characters`);
  });
  child.on('error', ({ message }) => giveUp(`cannot be run: ${message}`));
  child.on('close', resolve);
  try {
    return { code: await promise, stdout };
  } finally {
    clearTimeout(timer);
  }
};

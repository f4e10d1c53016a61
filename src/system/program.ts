import { Failure } from './failure.ts';

/** A program to run, in the words of Node's bindings. */
export interface Program {
  readonly file: string;
  /** The file is the first. */
  readonly args: readonly string[];
  readonly envPairs: readonly string[];
}

interface Wanted {
  readonly args: readonly string[];
  /** Added to PATH and LC_ALL: a program sees nothing else of the caller's environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Before the caller's own folders, which may lack iproute2 and OVS (they live in sbin), or be many. */
const standardPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @throws Failure `io` when a word cannot be passed */
export function programOf(command: string, { args, env }: Wanted): Program {
  const words = [command, ...args];
  const variables = Object.entries({ PATH: searchPath(), LC_ALL: 'C', ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  if ([...words, ...variables].some((word) => word.includes('\0'))) {
    throw new Failure('io', `${command} cannot be run: an argument has a null character`);
  }
  return { file: command, args: words, envPairs: variables };
}

/** @param errno a negative one: what became of the start */
export function startFailure(command: string, errno: number): Failure {
  return errno === notFound ? missing(command) : new Failure('io', `${command} cannot be run: ${errorName(errno)}`);
}

export function missing(command: string): Failure {
  return new Failure('wiring', `the command ${command} is missing on this Node: install it, or add its folder to PATH`);
}

/** ENOENT. */
const notFound = -2;

function searchPath(): string {
  const own = process.env['PATH'] ?? '';
  return own === '' ? standardPath : `${standardPath}:${own}`;
}

function errorName(errno: number): string {
  return process.getBuiltinModule('node:util').getSystemErrorName(errno);
}

import { streamOn } from './byte-stream.ts';
import type { Outcome } from './exec.ts';
import { programOf, startFailure } from './program.ts';
import { newPipe, type Pipe } from './unix-socket.ts';

export interface StartOptions {
  /** Milliseconds for each line that is waited for, and for its end: then it is killed. */
  readonly timeout: number;
  /** Open files that the program gets as descriptor 3 and on. */
  readonly descriptors: readonly number[];
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** A program that goes on while we do something else. It ends when we do: its input does. */
export interface Running {
  /** Writes to its standard input. */
  write(text: string): void;
  /** Writes to its standard error: a socket, for a part of it that reads there lest it read another's input. */
  writeAside(text: string): void;
  /** Ends what it can read there. */
  endAside(): void;
  /** Waits for the next line that it writes to its standard input: a socket, too. @returns undefined when it has ended */
  nextLine(): Promise<string | undefined>;
  /** Ends its input, and waits for its end. The outcome has no stdout. May be called again. */
  end(): Promise<Outcome>;
}

/**
 * Starts a program. It sees PATH and what `env` adds, nothing of the caller's environment.
 * @throws Failure `wiring` when there is no such command, `io` when it cannot be run
 */
export type Start = (command: string, args: readonly string[], options: StartOptions) => Running;

/** What child_process.spawn() is made of. */
export interface Child {
  onexit: (status: number, signal: string) => void;
  /** @returns 0, or a negative errno */
  spawn(...program: SpawnArguments): number;
  kill(signal: number): number;
  close(): void;
}

/** File, arguments, folder, environment, files; then flags, user and group, of which we have none. */
type SpawnArguments = readonly [string, readonly string[], undefined, readonly string[], readonly object[], 0];

const sigkill = 9;

/** By way of Node's own binding, as exec.ts and unix-socket.ts (docs/adr/0012-one-process-for-the-wiring.md). */
export const start: Start = (command, args, { timeout, descriptors, env }) => {
  const { file, args: words, envPairs } = programOf(command, { args, env });
  const child = new (process.binding('process_wrap').Process)();
  const [input, errors] = [newPipe(), newPipe()];
  const others = descriptors.map((fd) => ({ type: 'fd', fd }));
  const stdio = [{ type: 'pipe', handle: input }, { type: 'ignore' }, { type: 'pipe', handle: errors }, ...others];
  const status = child.spawn(file, words, undefined, envPairs, stdio, 0);
  if (status !== 0) {
    for (const handle of [child, input, errors]) handle.close();
    throw startFailure(command, status);
  }
  return running({ child, input, errors }, timeout);
};

interface Handles {
  readonly child: Child;
  readonly input: Pipe;
  readonly errors: Pipe;
}

function running({ child, input, errors }: Handles, timeout: number): Running {
  const ended = Promise.withResolvers<Outcome>();
  const lines = lineQueue();
  const limit = timeLimit(timeout, () => child.kill(sigkill));
  let [stderr, isOver] = ['', false];
  const told = streamOn(input, () => input.close(), { onData: lines.add, onEnd: ignore });
  const complained = streamOn(errors, () => errors.close(), {
    onData: (chunk) => {
      stderr += chunk.toString();
    },
    onEnd: ignore,
  });
  // What it wrote before its end has been read by now: libuv looks at children last.
  const onexit: Child['onexit'] = (code, signal) => {
    isOver = true;
    for (const one of [child, told, complained]) one.close();
    ended.resolve({ code: signal === '' ? code : null, stdout: '', stderr: stderr.trim(), timedOut: limit.stop() });
    lines.end();
  };
  Object.assign(child, { onexit });
  return {
    write: (text) => told.write(text),
    writeAside: (text) => complained.write(text),
    endAside: () => endSending(errors),
    nextLine: async () => {
      if (!isOver) limit.start();
      const line = await lines.next();
      if (line !== undefined) limit.stop();
      return line;
    },
    end: async () => {
      if (!isOver) {
        limit.start();
        endSending(input);
      }
      return ended.promise;
    },
  };
}

/** What was written before is sent first. */
function endSending(pipe: Pipe): void {
  pipe.shutdown(new (process.binding('stream_wrap').ShutdownWrap)());
}

/** Its end tells more. */
function ignore(): void {}

interface LineQueue {
  readonly add: (chunk: Buffer) => void;
  readonly end: () => void;
  /** One at a time. @returns undefined after the end */
  readonly next: () => Promise<string | undefined>;
}

function lineQueue(): LineQueue {
  let [text, isOver] = ['', false];
  let waiting: ((line: string | undefined) => void) | undefined;
  const proceed = (): void => {
    const length = text.indexOf('\n');
    if (waiting === undefined || (length < 0 && !isOver)) return;
    waiting(length < 0 ? undefined : text.slice(0, length));
    waiting = undefined;
    text = text.slice(length + 1);
  };
  return {
    add: (chunk) => {
      text += chunk.toString();
      proceed();
    },
    end: () => {
      isOver = true;
      proceed();
    },
    next: () =>
      new Promise((resolve) => {
        waiting = resolve;
        proceed();
      }),
  };
}

interface TimeLimit {
  readonly start: () => void;
  /** @returns whether the time has passed */
  readonly stop: () => boolean;
}

function timeLimit(milliseconds: number, act: () => void): TimeLimit {
  let timer: NodeJS.Timeout | undefined;
  let last: NodeJS.Immediate | undefined;
  let hasPassed = false;
  return {
    start: () => {
      clearTimeout(timer);
      clearImmediate(last);
      timer = setTimeout(() => {
        // What has come while something else blocked is read before that.
        last = setImmediate(() => {
          hasPassed = true;
          act();
        });
      }, milliseconds);
    },
    stop: () => {
      clearTimeout(timer);
      clearImmediate(last);
      return hasPassed;
    },
  };
}

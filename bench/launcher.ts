import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isObject, numberAt, objectsIn, parseJson, textAt, type JsonObject } from '../test/fixture/json.ts';

/** One process to start: a plugin call, or any other command. Nothing is inherited by its environment. */
export interface Call {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** What launcher.py measured; its docstring says how. Times in ms, sizes in KiB. */
export interface Measured {
  /** When it was started, on a clock that all calls of one launcher share. */
  readonly atMs: number;
  readonly ms: number;
  readonly cpuMs: number;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly peakKb: number;
  readonly anonKb: number;
}

export interface Batch {
  readonly wallMs: number;
  readonly settledMs: number;
  readonly strayCpuMs: number;
  readonly launcherCpuMs: number;
  readonly calls: readonly Measured[];
}

export interface BatchOptions {
  readonly atOnce: number;
  /** Watch memory instead of time. */
  readonly sample?: boolean;
}

export interface Launcher {
  readonly run: (calls: readonly Call[], options: BatchOptions) => Promise<Batch>;
  readonly stop: () => Promise<void>;
}

/** Starts launcher.py; `prefix` leads into the network namespace in which all calls are to run. */
export function startLauncher(prefix: readonly string[]): Launcher {
  const [file, ...args] = [...prefix, 'python3', join(import.meta.dirname, 'launcher.py')];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async run(calls, options) {
      child.stdin.write(`${JSON.stringify({ ...options, calls })}\n`);
      const answer = await answers.next();
      if (answer.done === true) throw new Error('launcher.py ended early; its message is above');
      return toBatch(parseJson(answer.value));
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

function toBatch(answer: unknown): Batch {
  if (!isObject(answer)) throw new Error('launcher.py gave no JSON object');
  return {
    wallMs: figure(answer, 'wallMs'),
    settledMs: figure(answer, 'settledMs'),
    strayCpuMs: figure(answer, 'strayCpuMs'),
    launcherCpuMs: figure(answer, 'launcherCpuMs'),
    calls: objectsIn(answer['calls']).map(toMeasured),
  };
}

function toMeasured(call: JsonObject): Measured {
  return {
    atMs: figure(call, 'atMs'),
    ms: figure(call, 'ms'),
    cpuMs: figure(call, 'cpuMs'),
    code: figure(call, 'code'),
    stdout: textAt(call, 'stdout') ?? '',
    stderr: textAt(call, 'stderr') ?? '',
    peakKb: figure(call, 'peakKb'),
    anonKb: figure(call, 'anonKb'),
  };
}

function figure(object: JsonObject, key: string): number {
  const value = numberAt(object, key);
  if (value === undefined) throw new Error(`launcher.py gave no number for ${key}`);
  return value;
}

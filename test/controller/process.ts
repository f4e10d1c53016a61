import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../cluster/ports.ts';
import { onAbruptEnd } from '../fixture/abrupt.ts';
import { objectsIn, parseJson, type JsonObject } from '../fixture/json.ts';
import { antreaCommand } from '../fixture/program.ts';
import { repository } from '../fixture/runtime.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { until } from '../fixture/until.ts';

export interface ControllerOptions {
  /** A path. */
  readonly kubeconfig: string;
  /** More of its arguments. */
  readonly args?: readonly string[];
  /** Default: see antreaCommand. */
  readonly executable?: string;
}

/** `antrea controller` as a process of its own. */
export interface TestController {
  readonly pid: number;
  readonly running: () => boolean;
  /** Asks for `/metrics`, `/readyz`, …; undefined while nobody answers. */
  readonly get: (path: string) => Promise<{ readonly status: number; readonly text: string } | undefined>;
  /** One of its metrics; undefined while it has none. */
  readonly metric: (line: string) => Promise<number | undefined>;
  readonly ready: () => Promise<void>;
  /** Resolves when it holds the Lease. */
  readonly leads: () => Promise<void>;
  /** What it has logged. */
  readonly logged: () => readonly JsonObject[];
  /** SIGTERM; the exit code. */
  readonly terminate: () => Promise<number | null>;
  /** SIGKILL, if it still runs. */
  readonly stop: () => Promise<void>;
}

export async function startController({
  kubeconfig,
  args = [],
  executable,
}: ControllerOptions): Promise<TestController> {
  const port = await freePort();
  const dir = makeTempDir('controller');
  const logFile = join(dir.path, 'log');
  const output = openSync(logFile, 'a');
  const program = executable === undefined ? antreaCommand() : [executable];
  const argv = [...program, 'controller', '--kubeconfig', kubeconfig, '--listen', `127.0.0.1:${port}`];
  // setpriv: the kernel kills it when we die, even by SIGKILL.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv, ...args], {
    cwd: repository,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const forget = onAbruptEnd(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (running()) child.kill(signal);
    await exited;
    return child.exitCode;
  };
  const get: TestController['get'] = async (path) => {
    if (!running()) throw new Error(`the controller has ended: ${readFileSync(logFile, 'utf8')}`);
    const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    return response && { status: response.status, text: await response.text() };
  };
  const metric = async (line: string): Promise<number | undefined> =>
    valueOf((await get('/metrics'))?.text ?? '', line);
  const patience = { everyMs: 20 };
  return {
    pid: child.pid ?? 0,
    running,
    get,
    metric,
    ready: async () => {
      await until(async () => (await get('/readyz'))?.status === 200, { what: 'a ready controller', ...patience });
    },
    leads: async () => {
      const what = `a leading controller; it says ${readFileSync(logFile, 'utf8')}`;
      await until(async () => (await metric('antrea_controller_leader')) === 1, { what, ...patience });
    },
    logged: () => objectsIn(readFileSync(logFile, 'utf8').split('\n').map(parseJson)),
    terminate: () => end('SIGTERM'),
    stop: async () => {
      await end('SIGKILL');
      forget();
      await dir.remove();
    },
  };
}

function valueOf(text: string, line: string): number | undefined {
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFilePools } from '../../src/ipam/file/pools.ts';
import { main } from '../../src/plugin/main.ts';
import type { Exec, Outcome, RunOptions } from '../../src/system/exec.ts';
import { files } from '../../src/system/files.ts';
import type { Start } from '../../src/system/start.ts';
import { isObject, numberAt, parseJson, textAt } from '../fixture/json.ts';
import { onceGone, quoted } from '../fixture/once-gone.ts';
import { manifest } from '../ipam/sample.ts';

/** A program that the plugin wanted to run; one that goes on has all of its input. */
export interface Run extends RunOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** What a part of it has read from standard error. */
  readonly aside?: string;
}

export interface HostileCall {
  readonly command?: string;
  /** More environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The configuration, or the very bytes of standard input. */
  readonly config: unknown;
}

export interface Answer {
  readonly exit: number;
  readonly stdout: string;
  /** Of the error object; undefined when the call succeeded. */
  readonly code: number | undefined;
  readonly msg: string;
  readonly runs: readonly Run[];
  /** Whether a file below the data folder is another one, or new, or gone. */
  readonly changed: boolean;
}

/** A Node without OVS or links: programs are not run but recorded, and succeed. Files are real. */
export interface Bench {
  readonly dataDir: string;
  readonly nodeFile: string;
  readonly call: (call: HostileCall) => Promise<Answer>;
  /** Takes back what calls have done. */
  readonly reset: () => void;
  readonly remove: () => void;
}

export const pool = 'sample';

/** Thousands of calls flush what they write: to a disk, that would take minutes. */
export const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface BenchOptions {
  /** What programs do. Default: they succeed, and OVS has no port. */
  readonly exec?: Exec;
  /** Of one call; default: 60. */
  readonly timeoutSeconds?: number;
}

export async function startBench({ exec = succeed, timeoutSeconds = 60 }: BenchOptions = {}): Promise<Bench> {
  const folder = mkdtempSync(join(memory, 'antrea-hostile-'));
  const settle = onceGone(`rm -rf ${quoted(folder)}`);
  const dataDir = join(folder, 'data');
  const nodeFile = join(folder, 'node.json');
  mkdirSync(dataDir, { mode: 0o700 });
  writeFileSync(
    nodeFile,
    JSON.stringify({ dataDir, bridge: 'br-test', ovsDriver: 'ovs-vsctl', logLevel: 'error', timeoutSeconds }),
  );
  const pools = createFilePools({ dataDir, now: () => new Date() });
  await pools.applyPool(manifest({ name: pool, ranges: ['192.168.0.0/24'] }), { force: false });
  return {
    dataDir,
    nodeFile,
    call: async (call) => answerTo(call, { dataDir, nodeFile, exec }),
    reset: () => {
      for (const name of ['attachments', 'allocations', 'locks', 'full', 'tmp'])
        rmSync(join(dataDir, name), { recursive: true, force: true });
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
      settle();
    },
  };
}

export function succeed(command: string, args: readonly string[]): Outcome {
  const tables = args.filter((word) => word === 'find' || word === 'list').map(() => '{"headings":[],"data":[]}');
  return command === 'ovs-vsctl' ? { ...done, stdout: tables.join('\n') } : done;
}

export const done: Outcome = { code: 0, stdout: '', stderr: '', timedOut: false };

/** A configuration that is accepted. */
export function goodConfig(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    cniVersion: '1.1.0',
    name: 'net',
    type: 'antrea',
    networkType: 'vlan',
    vlan: 100,
    ipam: { type: 'antrea', ippools: [pool] },
    ...more,
  };
}

export const goodEnv = {
  CNI_CONTAINERID: 'sandbox',
  CNI_NETNS: '/proc/self/ns/net',
  CNI_IFNAME: 'net1',
  CNI_PATH: '/nonexistent',
} as const;

interface Place {
  readonly dataDir: string;
  readonly nodeFile: string;
  readonly exec: Exec;
}

async function answerTo({ command = 'ADD', env, config }: HostileCall, place: Place): Promise<Answer> {
  const before = contentOf(place.dataDir);
  const runs: Run[] = [];
  let stdout = '';
  const exit = await main({
    env: { ANTREA_NODE_CONFIG: place.nodeFile, ...goodEnv, CNI_COMMAND: command, ...env },
    argv0: '/opt/cni/bin/antrea',
    files,
    exec: (program, args, options) => {
      runs.push({ command: program, args, ...options });
      return place.exec(program, args, options);
    },
    start: recordedStart(runs, place.exec),
    readStdin: () => bytesOf(config),
    writeStdout: (text) => {
      stdout += text;
    },
    writeStderr: () => undefined,
    isOwnNetns: () => false,
  });
  const json = parseJson(stdout);
  const error = isObject(json) && exit !== 0 ? json : {};
  const changed = contentOf(place.dataDir) !== before;
  return { exit, stdout, code: numberAt(error, 'code'), msg: textAt(error, 'msg') ?? '', runs, changed };
}

/** As if the program answered whatever it is waited for. */
export function recordedStart(runs: Run[], exec: Exec): Start {
  return (command, args, { timeout, env }) => {
    const run = { command, args, timeout, env, input: '', aside: '' };
    runs.push(run);
    return {
      write: (text) => {
        run.input += text;
      },
      writeAside: (text) => {
        run.aside += text;
      },
      endAside: () => undefined,
      nextLine: async () => '',
      end: async () => exec(command, args, run),
    };
  };
}

function bytesOf(config: unknown): Buffer {
  if (Buffer.isBuffer(config)) return config;
  return Buffer.from(typeof config === 'string' ? config : JSON.stringify(config));
}

/** Every file with its content; folders do not count. */
function contentOf(folder: string): string {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((path) => `${path}\n${readFileSync(path, 'utf8')}\n`)
    .join('');
}

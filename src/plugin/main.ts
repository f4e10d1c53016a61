import fs from 'node:fs';
import type { Announced, EarlyConnection } from '../agent-protocol/announcement.ts';
import type { Begun } from '../agent-protocol/begun.ts';
import { openExchange, type Exchange } from '../agent-protocol/exchange.ts';
import { dispatch, type Call, type Caller, type Verbs } from '../cni/dispatch.ts';
import { readNodeFile, type NodeSettings } from '../config/node-file.ts';
import { createFileStore } from '../ipam/file/store.ts';
import { sweep } from '../ipam/file/sweep.ts';
import { byWayOfAgent, type Way } from '../ipam/by-agent/open.ts';
import { openKubernetesStore } from '../ipam/kubernetes/open.ts';
import { withReadAhead } from '../ipam/read-ahead.ts';
import type { Store } from '../ipam/store.ts';
import { isOwnNetns } from '../net/netns.ts';
import { openOvs } from '../net/ovs/open.ts';
import { boundStrings } from '../system/bounded-json.ts';
import { exec as runProgram, type Exec } from '../system/exec.ts';
import { Failure } from '../system/failure.ts';
import { files as fileSystem, type Files } from '../system/files.ts';
import { fileJournal } from '../system/journal.ts';
import { lineLog } from '../system/log.ts';
import { quote } from '../system/quote.ts';
import { start as startProgram, type Start } from '../system/start.ts';
import { deadlineIn, pause, type Deadline } from '../system/time.ts';
import { attachVerbs } from './attach-verbs.ts';
import { recordsOf } from './begun.ts';
import type { Context } from './context.ts';
import { callsUnderWay } from './exclusive.ts';
import { markOf, thorough, thoroughStart } from './marks.ts';
import { ipamVerbs } from './ipam-verbs.ts';
import { nativeVerbs } from './native/verbs.ts';

/** What a call acts through, besides its own caller. */
export interface Outside extends Caller {
  /** As the caller wrote the name of the executable. */
  readonly argv0: string;
  /** The agent knows of the call, over this connection. */
  readonly announced?: EarlyConnection | undefined;
  readonly files: Files;
  readonly exec: Exec;
  readonly start: Start;
}

/**
 * One call by a container runtime, or by another plugin.
 * @returns the exit code
 */
export async function main(outside: Outside): Promise<number> {
  boundStrings();
  return dispatch(outside, (call) => verbsOf(call, outside));
}

/** What a call acts through when a runtime makes it. The build's rehearsal has it, too: what is not run there, every start compiles. */
export function thisProcess(announced?: Announced): Outside {
  return {
    env: process.env,
    argv0: process.argv0,
    readStdin: () => announced?.stdin ?? fs.readFileSync(0),
    writeStdout: (text) => {
      writeAll(1, text);
    },
    writeStderr: (text) => {
      writeAll(2, text);
    },
    isOwnNetns,
    announced: announced?.connection,
    files: fileSystem,
    exec: runProgram,
    start: startProgram,
  };
}

/** What the call is about decides whether we are the main plugin or another one's IPAM. */
function verbsOf(call: Call, outside: Outside): Verbs {
  const { config } = call;
  const shared = sharedOf(outside, call);
  const context = contextOf(call, shared);
  if (config.type === context.ownType) {
    if (config.raw['networkType'] === 'secondary') return nativeVerbs(context, (other) => contextOf(other, shared));
    return attachVerbs(context);
  }
  if (config.ipamType === context.ownType) return ipamVerbs(context);
  throw new Failure(
    'unsupported',
    `neither type ${quote(config.type)} nor ipam.type ${quote(config.ipamType)} is ${context.ownType}`,
    {
      details: `the executable is installed as ${context.ownType}: one of both must name it`,
    },
  );
}

/** Milliseconds. A kubelet asks every few seconds, and does little else for Pods while it waits for the answer. */
const statusTime = 8000;

/** What is the same for all calls that one start of the plugin may make of itself. */
type Shared = Omit<Context, 'call' | 'ovs' | 'log'>;

function sharedOf({ env, argv0, announced, files, exec: plainExec, start }: Outside, { request }: Call): Shared {
  const settings = readNodeFile(files, env['ANTREA_NODE_CONFIG']);
  const timeout = settings.timeoutSeconds * 1000;
  const deadline = deadlineIn(env['CNI_COMMAND'] === 'STATUS' ? Math.min(statusTime, timeout) : timeout);
  const agent = agentOf(settings, deadline, announced);
  const begun = (): readonly Begun[] => recordsOf({ settings, files })?.of(request) ?? [];
  return {
    ownType: argv0.slice(argv0.lastIndexOf('/') + 1),
    settings,
    store: storeOf(settings, { files, deadline, agent, begun }),
    agent,
    isAnnounced: announced !== undefined,
    journal: fileJournal(files, settings.dataDir),
    sweep: () => {
      if (settings.store.kind === 'file') sweep({ dataDir: settings.dataDir, now: new Date() });
    },
    files,
    exec: thorough(plainExec),
    start: thoroughStart(start),
    pause,
    deadline,
  };
}

function contextOf(call: Call, shared: Shared): Context {
  const { settings, exec, files, deadline } = shared;
  return {
    ...shared,
    call,
    ovs: openOvs(settings.ovsDriver, {
      exec,
      mark: markOf(call.request),
      database: settings.ovsdb,
      timeout: () => Math.min(ovsTimeout(files, settings.dataDir), deadline.remaining()),
      remaining: () => deadline.remaining(),
      pause,
    }),
    log: lineLog({ level: settings.logLevel, file: settings.logFile, base: factsOf(call, settings) }),
  };
}

/** Nothing is connected before the first question, unless the call was announced. */
function agentOf({ store }: NodeSettings, deadline: Deadline, announced: Outside['announced']): Exchange | undefined {
  if (store.kind === 'file' || store.agentSocket === undefined) return undefined;
  const early = announced?.path === store.agentSocket ? announced : undefined;
  return openExchange(store.agentSocket, deadline, early);
}

interface Ways extends Pick<Shared, 'files' | 'deadline' | 'agent'>, Pick<Way, 'begun'> {}

function storeOf({ store, dataDir, logLevel, logFile, nodeName }: NodeSettings, ways: Ways): Store {
  if (store.kind === 'file') return createFileStore({ dataDir });
  const direct = openKubernetesStore({ ...ways, kubeconfig: store.kubeconfig });
  const log = lineLog({ level: logLevel, file: logFile, base: { node: nodeName } });
  return withReadAhead(byWayOfAgent(direct, { exchange: ways.agent, begun: ways.begun, log }));
}

/**
 * Milliseconds that one command of OVS may take: 5 s, and what a burst takes, whose commands OVS answers one after the
 * other. Without the latter, a hundred Pods that start together look like an OVS that hangs.
 */
function ovsTimeout(files: Pick<Files, 'list'>, dataDir: string): number {
  return Math.min(5000 + 200 * callsUnderWay(files, dataDir), 30_000);
}

function factsOf({ request, config }: Call, { nodeName }: NodeSettings): Record<string, unknown> {
  const { K8S_POD_NAMESPACE, K8S_POD_NAME } = request.args;
  return {
    command: request.command,
    network: config.name,
    ...(request.containerID !== '' && { containerID: request.containerID, ifname: request.ifname }),
    ...(K8S_POD_NAME !== undefined && { pod: `${K8S_POD_NAMESPACE ?? ''}/${K8S_POD_NAME}` }),
    ...(nodeName !== '' && { node: nodeName }),
  };
}

/** The descriptor may be a pipe that is set to not block. */
function writeAll(descriptor: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(descriptor, rest));
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EAGAIN') throw error;
      pause(1);
    }
  }
}

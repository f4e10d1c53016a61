import fs from 'node:fs';
import { nodeFilePath } from '../config/node-file-path.ts';
import type { ByteStream, Receiver } from '../system/byte-stream.ts';
import { objectIn } from '../system/json-object.ts';
import { monotonicNow } from '../system/time.ts';
import { connectUnix } from '../system/unix-socket.ts';
import { longestRequest, protocolVersion } from './protocol.ts';

/** A call that the agent was told of before the plugin's own code was loaded (docs/adr/0014-announced-calls.md). */
export interface Announced {
  /** Standard input, which can be read once. */
  readonly stdin: Buffer;
  /** undefined: nobody was told. */
  readonly connection: EarlyConnection | undefined;
}

export interface EarlyConnection {
  /** Of the agent's socket. */
  readonly path: string;
  /** Rejects with ConnectError. */
  readonly stream: Promise<ByteStream>;
  /** From now on, what comes goes there, and what has come. */
  readonly listen: (receiver: Receiver) => void;
}

/** What the agent reads of the environment. */
const variables = ['CNI_COMMAND', 'CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH', 'CNI_ARGS'] as const;

/** Milliseconds for which the agent may begin. */
export const announcedFor = 5000;

/**
 * Tells the agent of a call as it is, unread: what can be done for it early takes as long as to load the plugin.
 * @param env of the plugin
 * @returns undefined when there is nothing to be told, or nobody: what is wrong is the plugin's to say
 */
export async function announce(env: Readonly<Record<string, string | undefined>>): Promise<Announced | undefined> {
  const path = agentSocket(env['ANTREA_NODE_CONFIG']);
  const stdin = path === undefined ? undefined : readOrNot(0);
  if (path === undefined || stdin === undefined) return undefined;
  const facts = Object.fromEntries(variables.map((name) => [name, env[name]]));
  const call = { type: process.argv0.slice(process.argv0.lastIndexOf('/') + 1), env: facts, config: stdin.toString() };
  const until = monotonicNow() + announcedFor;
  const line = `${JSON.stringify({ v: protocolVersion, id: 0, op: 'announce', until, ...call })}\n`;
  if (Buffer.byteLength(line) > longestRequest) return { stdin, connection: undefined };
  const connection = connect(path, line);
  // It is sent when the event loop turns.
  await new Promise(setImmediate);
  return { stdin, connection };
}

function agentSocket(named: string | undefined): string | undefined {
  const { agentSocket: path } = objectIn(readOrNot(nodeFilePath(named))?.toString() ?? '');
  return typeof path === 'string' ? path : undefined;
}

function readOrNot(file: string | number): Buffer | undefined {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

function connect(path: string, line: string): EarlyConnection {
  const early: ((receiver: Receiver) => void)[] = [];
  let later: Receiver | undefined;
  const pass = (event: (receiver: Receiver) => void): void => {
    if (later === undefined) early.push(event);
    else event(later);
  };
  const stream = connectUnix(path, {
    onData: (chunk) => pass(({ onData }) => onData(chunk)),
    onEnd: (reason) => pass(({ onEnd }) => onEnd(reason)),
  });
  stream.then(
    (socket) => socket.write(line),
    // Whoever asks for something is told.
    () => {},
  );
  return {
    path,
    stream,
    listen: (receiver) => {
      later = receiver;
      for (const event of early.splice(0)) event(receiver);
    },
  };
}

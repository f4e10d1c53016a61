import type { Socket } from 'node:net';
import {
  isSpoken,
  longestRequest,
  oldestVersion,
  parseMessage,
  protocolVersion,
} from '../../agent-protocol/protocol.ts';
import type { JsonObject } from '../../system/json-object.ts';
import type { Calls } from '../api-requests/calls.ts';
import type { Session } from './session.ts';

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly session: Session;
  /** A connection is a call. */
  readonly calls: Pick<Calls, 'begin'>;
  /** Counts one request more that is under way; false: there are too many. */
  readonly enter: () => boolean;
  readonly leave: () => void;
}

/** Bytes that the other side has not read yet. */
const largestBacklog = 8 * 1024 * 1024;
/** Milliseconds without a word. */
const silence = 120_000;

/** Answers what comes over one connection. Whoever sends what is no message, or does not read, is cut off. */
export function serveConnection(options: ConnectionOptions): void {
  const { socket, session, calls } = options;
  let rest: Buffer = Buffer.alloc(0);
  socket.setTimeout(silence, () => socket.destroy());
  // The plugin that is gone is told nothing; `close` follows.
  socket.on('error', () => {});
  socket.on('end', () => session.end());
  socket.on('close', () => session.end());
  socket.on('close', calls.begin());
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(newline); end >= 0 && socket.writable; end = rest.indexOf(newline)) {
      receive(options, rest.toString('utf8', 0, end));
      rest = rest.subarray(end + 1);
    }
    if (rest.length > longestRequest) refuse(socket, `a line is longer than ${longestRequest} bytes`);
  });
}

const newline = 10;

function receive(options: ConnectionOptions, line: string): void {
  const { socket, session, enter, leave } = options;
  const message = line.length > longestRequest ? undefined : parseMessage(line);
  if (message === undefined) {
    refuse(socket, 'a line is not a JSON object');
  } else if (!isSpoken(message)) {
    send(socket, message, failed(`v is not one of ${oldestVersion} to ${protocolVersion}`));
  } else if (enter()) {
    void respond(socket, session, message).finally(leave);
  } else {
    send(socket, message, failed('the agent is busy: try again later'));
  }
}

/** If this process was held up, whoever has asked may be gone: that shows first. */
async function respond(socket: Socket, session: Session, message: JsonObject): Promise<void> {
  await new Promise(setImmediate);
  send(socket, message, await session.answer(message));
}

function failed(message: string): object {
  return { error: { kind: 'unavailable', message, leftover: false } };
}

function send(socket: Socket, { id }: JsonObject, answer: object): void {
  if (!socket.writable) return;
  const number = typeof id === 'number' ? id : 0;
  socket.write(`${JSON.stringify({ v: protocolVersion, id: number, ...answer })}\n`);
  if (socket.writableLength > largestBacklog) socket.destroy();
}

function refuse(socket: Socket, message: string): void {
  send(socket, {}, failed(message));
  socket.destroySoon();
}

import { messageOf } from '../system/failure.ts';
import type { Receiver } from '../system/byte-stream.ts';
import type { JsonObject } from '../system/json-object.ts';
import { monotonicNow, type Deadline } from '../system/time.ts';
import { connectUnix } from '../system/unix-socket.ts';
import type { EarlyConnection } from './announcement.ts';
import { isSpoken, longestRequest, parseMessage, protocolVersion, type Operation } from './protocol.ts';

/** The agent gave no answer that can be used: the API server has to be asked itself. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** Whether the agent may have done, or may be doing, what it was asked for. */
  readonly mayBeDone: boolean;

  constructor(message: string, { mayBeDone }: { readonly mayBeDone: boolean }) {
    super(message);
    this.mayBeDone = mayBeDone;
  }
}

export interface Question extends JsonObject {
  readonly op: Operation;
}

export interface Exchange {
  /** Of the agent's socket. */
  readonly path: string;
  /**
   * Asks once. When one request got no answer, nothing is asked any more.
   * @param patience milliseconds
   * @throws NoAnswer
   */
  ask(question: Question, patience: number): Promise<JsonObject>;
  /** Whether the agent has answered anything, be it the announcement. */
  hasAnswered(): boolean;
  close(): void;
}

/**
 * One connection to the agent for all requests of a call, made by the first one.
 * @param deadline of the call: no answer is waited for beyond it
 * @param early the connection, where there is one already
 */
export function openExchange(path: string, deadline: Deadline = endless, early?: EarlyConnection): Exchange {
  const state = stateOf(path, early);
  early?.listen(receiverOf(state));
  return {
    path,
    ask: async (question, patience) => {
      const timeout = Math.min(patience, deadline.remaining());
      let wasSent = false;
      const late = (): void => end(state, `no answer within ${timeout} ms`);
      // Of a process that had to wait for its turn, the answer may be there already: timers come first.
      let last: NodeJS.Immediate | undefined;
      const timer = setTimeout(() => {
        last = setImmediate(late);
      }, timeout);
      try {
        const socket = await connected(state);
        if (state.broken !== undefined) throw new Error(state.broken);
        const { id, line } = lineOf(state, { ...question, until: monotonicNow() + timeout });
        wasSent = true;
        const awaited = Promise.withResolvers<JsonObject>();
        state.waiting.set(id, awaited);
        socket.write(line);
        return await awaited.promise;
      } catch (error) {
        throw new NoAnswer(messageOf(error), { mayBeDone: wasSent });
      } finally {
        clearTimeout(timer);
        clearImmediate(last);
      }
    },
    hasAnswered: () => state.answered,
    close: () => end(state, 'closed'),
  };
}

const endless: Deadline = { remaining: () => Number.MAX_SAFE_INTEGER };

type Socket = Awaited<ReturnType<typeof connectUnix>>;

interface State {
  readonly path: string;
  /** By the number of the request. */
  readonly waiting: Map<number, PromiseWithResolvers<JsonObject>>;
  connected: Promise<Socket> | undefined;
  /** Why nothing is asked any more. */
  broken: string | undefined;
  /** The begin of a line that has not ended yet. */
  rest: Buffer;
  asked: number;
  answered: boolean;
}

function stateOf(path: string, early: EarlyConnection | undefined): State {
  return {
    path,
    waiting: new Map(),
    connected: early?.stream,
    broken: undefined,
    rest: noBytes,
    asked: 0,
    answered: false,
  };
}

async function connected(state: State): Promise<Socket> {
  state.connected ??= connectUnix(state.path, receiverOf(state));
  return state.connected;
}

function receiverOf(state: State): Receiver {
  return { onData: (chunk) => receive(state, chunk), onEnd: (reason) => end(state, reason) };
}

/** @throws Error when the agent would not take it */
function lineOf(state: State, question: JsonObject): { readonly id: number; readonly line: string } {
  const id = ++state.asked;
  const line = `${JSON.stringify({ v: protocolVersion, id, ...question })}\n`;
  if (Buffer.byteLength(line) > longestRequest) throw new Error(`the request is longer than ${longestRequest} bytes`);
  return { id, line };
}

/** A pool of a thousand ranges stays far below. */
const longest = 4 * 1024 * 1024;

const noBytes: Buffer = Buffer.alloc(0);
const newline = 10;

function receive(state: State, chunk: Buffer): void {
  let rest = state.rest.length === 0 ? chunk : Buffer.concat([state.rest, chunk]);
  for (let at = rest.indexOf(newline); at >= 0; at = rest.indexOf(newline)) {
    const answer = parseMessage(rest.toString('utf8', 0, at));
    rest = rest.subarray(at + 1);
    if (answer !== undefined && isSpoken(answer)) deliver(state, answer);
    else end(state, 'it speaks another language');
  }
  state.rest = rest;
  if (rest.length > longest) end(state, 'it sends a line without an end');
}

function deliver(state: State, answer: JsonObject): void {
  const { waiting } = state;
  state.answered = true;
  const id = Number(answer['id']);
  waiting.get(id)?.resolve(answer);
  waiting.delete(id);
}

function end(state: State, reason: string): void {
  state.broken ??= reason;
  const { connected: connection, waiting } = state;
  for (const { reject } of waiting.values()) reject(new Error(state.broken));
  waiting.clear();
  // One that was never had has nothing to close.
  connection?.then(
    (socket) => socket.close(),
    () => {},
  );
}

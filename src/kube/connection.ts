import type { Socket } from 'node:net';
import { Failure } from '../system/failure.ts';
import { responseReader, type HttpResponse } from './http-response.ts';

export type Answered =
  | { readonly response: HttpResponse }
  /** `sent`: the request may have come to the server. */
  | { readonly response: undefined; readonly error: unknown; readonly sent: boolean };

/** A connection on which requests may be sent before the earlier ones are answered (RFC 9112, section 9.3.2). */
export interface Connection {
  /** Whether it takes requests. */
  isOpen(): boolean;
  /** @param request all bytes of it */
  send(request: string, onEnd: (answered: Answered) => void): void;
  /** Nothing that waits will be answered. */
  end(error: Error): void;
}

/** A page of a list has at most 500 objects; 3,900 owners in the status of one pool are 1.5 MB, etcd's limit. */
const maxAnswer = 16 * 1024 * 1024;

/** @param ready the event that tells that the socket stands, and who is at its other end: only then a request goes out */
export function createConnection(socket: Socket, ready: 'connect' | 'secureConnect'): Connection {
  const state: State = { socket, waiting: [], isReady: false, isOpen: true };
  const reader = responseReader({ size: maxAnswer, exceeded });
  socket.once(ready, () => {
    state.isReady = true;
    for (const { request } of state.waiting) socket.write(request);
  });
  socket.on('data', (bytes: Buffer) => receive(state, () => reader.push(bytes)));
  socket.once('end', () => receive(state, () => [reader.end() ?? []].flat()));
  socket.on('error', (error) => end(state, error));
  socket.once('close', () => end(state, new Error('the connection ended within the answer')));
  return {
    isOpen: () => state.isOpen,
    send: (request, onEnd) => {
      state.waiting.push({ request, onEnd });
      // While nothing is waited for, the connection keeps no process from its end.
      socket.ref();
      if (state.isReady) socket.write(request);
    },
    end: (error) => end(state, error),
  };
}

interface State {
  readonly socket: Socket;
  /** In the order of the answers. */
  readonly waiting: Waiting[];
  isReady: boolean;
  isOpen: boolean;
}

interface Waiting {
  readonly request: string;
  readonly onEnd: (answered: Answered) => void;
}

function receive(state: State, read: () => readonly HttpResponse[]): void {
  if (!state.isOpen) return;
  try {
    for (const response of read()) deliver(state, response);
  } catch (error) {
    end(state, error);
  }
}

function deliver(state: State, response: HttpResponse): void {
  const { waiting, socket } = state;
  const first = waiting.shift();
  if (first === undefined) throw new Error('the server answers what was not asked');
  if (waiting.length === 0) socket.unref();
  if (response.last) end(state, new Error('the server has ended the connection'));
  first.onEnd({ response });
}

function end(state: State, error: unknown): void {
  state.isOpen = false;
  state.socket.destroy();
  for (const { onEnd } of state.waiting.splice(0)) onEnd({ response: undefined, error, sent: state.isReady });
}

function exceeded(): Error {
  return new Failure('io', `the answer is larger than ${maxAnswer} bytes`);
}

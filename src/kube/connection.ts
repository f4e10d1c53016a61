import { Failure } from '../system/failure.ts';
import { responseReader, type HttpResponse } from './http-response.ts';
import type { OpenWire, Wire } from './wire.ts';

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

export function createConnection(open: OpenWire): Connection {
  const waiting: Waiting[] = [];
  const reader = responseReader({ size: maxAnswer, exceeded });
  const wire = open({
    onReady: () => {
      state.isReady = true;
      for (const { request } of waiting) wire.write(request);
    },
    onData: (bytes) => receive(state, () => reader.push(bytes)),
    onFinish: () => receive(state, () => [reader.end() ?? []].flat()),
    onEnd: (error) => end(state, error),
  });
  const state: State = { wire, waiting, isReady: false, isOpen: true };
  return {
    isOpen: () => state.isOpen,
    send: (request, onEnd) => {
      waiting.push({ request, onEnd });
      // While nothing is waited for, the connection keeps no process from its end.
      wire.keepAlive(true);
      if (state.isReady) wire.write(request);
    },
    end: (error) => end(state, error),
  };
}

interface State {
  readonly wire: Wire;
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
  const { waiting, wire } = state;
  const first = waiting.shift();
  if (first === undefined) throw new Error('the server answers what was not asked');
  if (waiting.length === 0) wire.keepAlive(false);
  if (response.last) end(state, new Error('the server has ended the connection'));
  first.onEnd({ response });
}

function end(state: State, error: unknown): void {
  state.isOpen = false;
  state.wire.destroy();
  for (const { onEnd } of state.waiting.splice(0)) onEnd({ response: undefined, error, sent: state.isReady });
}

function exceeded(): Error {
  return new Failure('io', `the answer is larger than ${maxAnswer} bytes`);
}

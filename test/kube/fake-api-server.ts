import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  createServer as createPlain,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { KeyPair } from '../cluster/certificates.ts';
import { isObject, parseJson, type JsonObject } from '../fixture/json.ts';
import { createObjects, type Objects } from './objects.ts';

/** What is to happen in place of an ordinary answer. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly message?: string; readonly headers?: Headers }
  | { readonly kind: 'text'; readonly status: number; readonly text: string; readonly headers?: Headers }
  /** The connection is cut at once; nothing is done. */
  | { readonly kind: 'cut' }
  /** It is done, and half of the answer is sent. */
  | { readonly kind: 'cut in mid-body' }
  /** It is done; the connection is cut in place of the answer. */
  | { readonly kind: 'lose answer' }
  /** The client gets no answer, and the server the request once `until` is settled: as a proxy may do it. */
  | { readonly kind: 'deliver late'; readonly until: Promise<unknown> }
  /** Neither done nor answered. */
  | { readonly kind: 'hang' };

type Headers = Readonly<Record<string, string>>;

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: JsonObject | undefined;
}

/** As much of an API server as the client and the store's driver talk to. */
export interface FakeApiServer {
  readonly url: string;
  readonly objects: Objects;
  /** Every request that came, in order. */
  readonly seen: readonly Seen[];
  /** How many connections were made. */
  readonly connections: () => number;
  /** Asked about each request; undefined: an ordinary answer. */
  fault: (request: Seen) => Fault | undefined;
  /** Which tokens are valid; undefined: none is needed. */
  tokens: readonly string[] | undefined;
  /** Drops all connections, and accepts none until open(). */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

export interface FakeOptions {
  /** Serves TLS with it; plain HTTP without. */
  readonly tls?: KeyPair;
  /** PEM file: only whoever has a certificate of this authority is let in. */
  readonly clientAuthority?: string;
}

export async function startFakeApiServer(options: FakeOptions = {}): Promise<FakeApiServer> {
  const objects = createObjects();
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = listener(options, (request, response) => {
    serve(fake, { seen, request, response }).catch((error: unknown) => response.destroy(asError(error)));
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server.address());
  const shut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const fake: FakeApiServer = {
    url: `http${options.tls === undefined ? '' : 's'}://127.0.0.1:${port}`,
    objects,
    seen,
    connections: () => connections,
    fault: () => undefined,
    tokens: undefined,
    shut,
    async open() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    close: shut,
  };
  return fake;
}

function listener({ tls, clientAuthority }: FakeOptions, handler: RequestListener): ReturnType<typeof createPlain> {
  if (tls === undefined) return createPlain(handler);
  const client =
    clientAuthority === undefined
      ? {}
      : { ca: readFileSync(clientAuthority), requestCert: true, rejectUnauthorized: true };
  return createSecure({ cert: readFileSync(tls.certificate), key: readFileSync(tls.key), ...client }, handler);
}

interface Exchange {
  readonly seen: Seen[];
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function serve(fake: FakeApiServer, { seen, request, response }: Exchange): Promise<void> {
  const one = await read(request);
  seen.push(one);
  const fault = fake.fault(one);
  if (fault !== undefined) return misbehave(fake, { one, fault, response });
  const token = one.authorization?.replace('Bearer ', '');
  const known = fake.tokens === undefined || fake.tokens.includes(token ?? '');
  reply(response, known ? fake.objects.handle(one) : statusAnswer(401, 'Unauthorized'));
}

async function misbehave(
  fake: FakeApiServer,
  { one, fault, response }: { readonly one: Seen; readonly fault: Fault; readonly response: ServerResponse },
): Promise<void> {
  switch (fault.kind) {
    case 'status':
      reply(response, statusAnswer(fault.status, fault.message ?? 'because the test says so'), fault.headers);
      break;
    case 'text':
      response.writeHead(fault.status, fault.headers).end(fault.text);
      break;
    case 'cut':
      response.destroy();
      break;
    case 'lose answer':
      fake.objects.handle(one);
      response.destroy();
      break;
    case 'cut in mid-body':
      half(fake.objects.handle(one), response);
      break;
    case 'deliver late':
      response.destroy();
      await fault.until;
      fake.objects.handle(one);
      break;
    case 'hang':
  }
}

function half(answer: Answer, response: ServerResponse): void {
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': String(text.length) });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

async function read(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(request, 'end');
  const url = new URL(request.url ?? '/', 'http://fake');
  const text = Buffer.concat(chunks).toString();
  const body = text === '' ? undefined : parseJson(text);
  const { method = '', headers } = request;
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    authorization: headers.authorization,
    body: isObject(body) ? body : undefined,
  };
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

function reply(response: ServerResponse, { status, body }: Answer, headers: Headers = {}): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function statusAnswer(code: number, message: string): Answer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message } };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

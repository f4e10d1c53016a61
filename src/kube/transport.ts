import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Failure, messageOf } from '../system/failure.ts';
import type { ClusterAccess } from './kubeconfig.ts';

export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Milliseconds for all of it: waiting for the connection, connecting, the whole answer. */
  readonly timeout: number;
}

export type Outcome =
  | { readonly status: number; readonly retryAfter: string | undefined; readonly text: string }
  /** No whole answer came. `sent`: the server may have acted nevertheless. */
  | { readonly status: undefined; readonly error: unknown; readonly sent: boolean };

export interface Transport {
  /** One request, tried once. Redirects are not followed. Never rejects. */
  exchange(exchange: Exchange): Promise<Outcome>;
  close(): void;
}

/** A page of a list has at most 500 objects; 3,900 owners in the status of one pool are 1.5 MB, etcd's limit. */
const maxAnswer = 16 * 1024 * 1024;

/**
 * HTTP to one server over one connection that is kept: a handshake costs more than a request.
 * @param sole see ClientOptions
 * @throws Failure `config` when the certificates cannot be used
 */
export function createTransport(access: ClusterAccess, sole: boolean): Transport {
  const { server, clientCertificate } = access;
  const http = process.getBuiltinModule(server.secure ? 'node:https' : 'node:http');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const options: RequestOptions & { ca?: string; cert?: string; key?: string; servername?: string } = {
    agent,
    host: server.host,
    port: server.port,
    ...trust(access, sole),
    ...(access.servername !== undefined && { servername: access.servername }),
    ...clientCertificate,
  };
  return {
    exchange: ({ method, target, headers, body, timeout }) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const begin = (): ClientRequest =>
        http.request({ ...options, method, path: `${server.base}${target}`, headers: { ...headers, ...length } });
      return settle(startOf(begin), { body, timeout });
    },
    close: () => agent.destroy(),
  };
}

/**
 * Node parses its own 140 root certificates before it adds one to a connection's (3 to 6 ms); not when it is told which
 * ones to trust in all of the process.
 */
function trust({ ca, server }: ClusterAccess, sole: boolean): { readonly ca?: string } {
  if (ca === undefined) return {};
  if (!sole || !server.secure) return { ca };
  startOf(() => process.getBuiltinModule('node:tls').setDefaultCACertificates([ca]));
  return {};
}

/** What is wrong with certificates and keys shows at the first request. */
function startOf<T>(begin: () => T): T {
  try {
    return begin();
  } catch (cause) {
    throw new Failure('config', `the kubeconfig's certificates cannot be used: ${messageOf(cause)}`, { cause });
  }
}

async function settle(
  request: ClientRequest,
  { body, timeout }: { readonly body: string | undefined; readonly timeout: number },
): Promise<Outcome> {
  let sent = false;
  watchConnection(request, () => {
    sent = true;
  });
  const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
  try {
    const answer = responseTo(request);
    request.end(body);
    const response = await answer;
    const text = await textOf(response);
    return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], text };
  } catch (error) {
    return { status: undefined, error, sent };
  } finally {
    clearTimeout(timer);
  }
}

/** Calls `onSent` from when the connection stands: the bytes of the request go out then. */
function watchConnection(request: ClientRequest, onSent: () => void): void {
  request.once('socket', (socket) => {
    if (isSecure(socket) && socket.connecting) socket.once('secureConnect', onSent);
    else if (socket.connecting) socket.once('connect', onSent);
    else onSent();
  });
}

function isSecure(socket: object): socket is TLSSocket {
  return 'encrypted' in socket;
}

async function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Stays: an error may follow another one, or the answer.
    request.on('error', reject);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxAnswer) response.destroy(new Failure('io', `the answer is larger than ${maxAnswer} bytes`));
    });
    response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', reject);
    response.once('close', () => reject(new Error('the connection ended within the answer')));
  });
}

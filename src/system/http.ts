import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { Failure, messageOf } from './failure.ts';

export interface HttpOptions {
  readonly listen: Listen;
  /** What is missing; undefined: nothing. */
  readonly notReady: () => string | undefined;
  readonly metrics: { readonly text: () => Promise<string>; readonly contentType: string };
}

export interface Listen {
  /** undefined: every address of this host. */
  readonly host: string | undefined;
  readonly port: number;
}

/** `/healthz`, `/readyz` and `/metrics`, for everybody who reaches the port. @throws Failure `config` */
export async function serveHttp(options: HttpOptions): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    answer(path, response, options).catch((error: unknown) => {
      response.writeHead(500).end(`${messageOf(error)}\n`);
    });
  });
  const { host, port } = options.listen;
  try {
    server.listen({ host, port });
    await once(server, 'listening');
    // Of one connection that could not be accepted: without a listener, it would end the process.
    server.on('error', () => {});
    return server;
  } catch (cause) {
    throw new Failure(
      'config',
      `cannot listen on ${host ?? ''}:${port}: ${messageOf(cause)}; expected --listen with a free port of this host`,
      { cause },
    );
  }
}

/** `:10350`, `127.0.0.1:10350`, `[::1]:10350` */
export function parseListen(text: string): Listen {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<four>[^[\]:]*)):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.['port']);
  const host = match?.groups?.['six'] ?? match?.groups?.['four'] ?? '';
  if (match !== null && port <= 65_535) return { host: host === '' ? undefined : host, port };
  throw new Failure(
    'config',
    `--listen ${JSON.stringify(text)} is malformed: expected "ADDRESS:PORT", such as "127.0.0.1:10350" or ":10350"`,
  );
}

async function answer(path: string, response: ServerResponse, { notReady, metrics }: HttpOptions): Promise<void> {
  if (path === '/metrics') {
    const text = await metrics.text();
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
  } else if (path === '/healthz') {
    response.writeHead(200, plain).end('ok\n');
  } else if (path === '/readyz') {
    const missing = notReady();
    response.writeHead(missing === undefined ? 200 : 503, plain).end(`${missing ?? 'ok'}\n`);
  } else {
    response.writeHead(404, plain).end('expected /healthz, /readyz or /metrics\n');
  }
}

const plain = { 'content-type': 'text/plain; charset=utf-8' };

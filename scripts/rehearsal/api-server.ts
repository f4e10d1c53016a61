import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../src/system/json-object.ts';
import { selfSigned } from './certificate.ts';

/** What answers the plugin as an API server would, on loopback, with TLS. */
export interface ApiServer {
  /** Path of a kubeconfig. */
  readonly kubeconfig: string;
  readonly close: () => void;
}

/**
 * The first create of all finds its address taken, as in a pool that many use.
 * @param stored by what follows the version in their paths: `ippools/a`
 */
export async function startApiServer(directory: string, stored: ReadonlyMap<string, object>): Promise<ApiServer> {
  const pair = selfSigned(new Date());
  const objects = new Map(
    Array.from(stored, ([key, object]) => [key, withMetadata(object, key.split('/').at(-1) ?? '')]),
  );
  const server = createServer(pair, (request, response) => {
    serve(objects, request, response).catch((error: unknown) => {
      throw error;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stand-in of an API server has no port');
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(access(`https://127.0.0.1:${address.port}`, pair.cert)));
  return {
    kubeconfig,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function serve(objects: Map<string, object>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(request, 'end');
  const text = Buffer.concat(chunks).toString();
  const sent: unknown = text === '' ? {} : JSON.parse(text);
  const [path = ''] = (request.url ?? '').split('?');
  const [status, body] = answerTo({
    objects,
    method: request.method ?? '',
    path,
    sent: isJsonObject(sent) ? sent : {},
  });
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** What an API server with these objects would say. */
export function answerTo(asked: {
  readonly objects: Map<string, object>;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly sent: JsonObject;
}): [number, object] {
  const { objects, method, path, sent } = asked;
  // The group of what Kubernetes itself has is no part of the path.
  const key = path
    .split('/')
    .slice(path.startsWith('/api/') ? 3 : 4)
    .join('/');
  if (method === 'POST') return create(objects, key, sent);
  const object = objects.get(key) ?? (method === 'PATCH' ? sent : undefined);
  if (object === undefined) return [404, { kind: 'Status', status: 'Failure', code: 404 }];
  if (method === 'DELETE') objects.delete(key);
  return [200, object];
}

function create(objects: Map<string, object>, collection: string, sent: JsonObject): [number, object] {
  const name = isJsonObject(sent['metadata']) ? String(sent['metadata']['name']) : '';
  const key = `${collection}/${name}`;
  const isFirst = !Array.from(objects.keys()).some((one) => one.startsWith(collection));
  if (isFirst) objects.set(`${collection}/somebody`, {});
  if (isFirst || objects.has(key)) return [409, { kind: 'Status', status: 'Failure', code: 409 }];
  const object = withMetadata(sent, name);
  objects.set(key, object);
  return [201, object];
}

function withMetadata(object: object, name: string): object {
  const old: unknown = Reflect.get(object, 'metadata');
  const metadata = { ...(isJsonObject(old) ? old : {}), name, uid: `uid-of-${name}`, resourceVersion: '1' };
  return { ...object, metadata };
}

function access(server: string, ca: string): object {
  const data = Buffer.from(ca).toString('base64');
  return {
    'current-context': 'rehearsal',
    contexts: [{ name: 'rehearsal', context: { cluster: 'rehearsal', user: 'rehearsal' } }],
    clusters: [{ name: 'rehearsal', cluster: { server, 'certificate-authority-data': data } }],
    users: [{ name: 'rehearsal', user: { token: 'rehearsal' } }],
  };
}

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectPeer, type Peer } from '../../../../src/net/ovs/socket/peer.ts';
import type { JsonObject } from '../../../../src/system/json-object.ts';
import { createResources } from '../../../fixture/resources.ts';
import { makeTempDir } from '../../../fixture/unique.ts';
import { until } from '../../../fixture/until.ts';

const resources = createResources();
afterEach(resources.release);

let peer: Peer;
let server: Socket;
let sent = '';
let messages: JsonObject[];
let ends: string[];

beforeEach(async () => {
  [sent, messages, ends] = ['', [], []];
  const path = join((await resources.use(makeTempDir('ovsdb'))).path, 'db.sock');
  const listener = createServer().listen(path);
  resources.defer(() => void listener.close());
  await once(listener, 'listening');
  const { promise: connected, resolve } = Promise.withResolvers<Socket>();
  listener.on('connection', resolve);
  peer = await connectPeer(path, {
    onMessage: (message) => messages.push(message),
    onEnd: (reason) => ends.push(reason),
  });
  resources.defer(() => peer.close());
  server = await connected;
  server.on('error', () => {});
  server.on('data', (bytes: Buffer) => (sent += bytes.toString()));
  resources.defer(() => void server.destroy());
});

describe('a connection to ovsdb-server', () => {
  it('hands on what comes, and says when it has ended', async () => {
    server.write('{"id":0}{"method":"up');
    await until(() => messages.length === 1, { what: 'a message' });
    server.end('date"}');
    await until(() => ends.length === 1, { what: 'the end' });
    expect(messages).toStrictEqual([{ id: 0 }, { method: 'update' }]);
    expect(ends).toStrictEqual(['end of file']);
  });

  it('answers the question whether we are there', async () => {
    server.write('{"method":"echo","id":"echo","params":[1]}');
    await until(() => sent !== '', { what: 'an answer' });
    expect(JSON.parse(sent)).toStrictEqual({ id: 'echo', result: [1], error: null });
  });

  it('ends once with what is not JSON, though the other side then closes, too', async () => {
    server.write('{what}{"id":0}');
    await until(() => ends.length > 0, { what: 'the end' });
    await until(() => server.destroyed, { what: 'the end of the connection' });
    expect(ends).toStrictEqual(['it sends something that is not JSON']);
    expect(messages).toStrictEqual([]);
  });

  it('says nothing any more once we have closed it', async () => {
    peer.close();
    server.write('{"id":0}');
    await until(() => server.destroyed, { what: 'the end of the connection' });
    expect({ messages, ends }).toStrictEqual({ messages: [], ends: [] });
  });
});

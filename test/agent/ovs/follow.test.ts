import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { followOvs } from '../../../src/agent/ovs/follow.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';

const resources = createResources();
afterEach(resources.release);

let path: string;
let told: number;
beforeEach(async () => {
  path = join((await resources.use(makeTempDir())).path, 'db.sock');
  told = 0;
  const ending = new AbortController();
  resources.defer(() => ending.abort());
  followOvs({ database: `unix:${path}`, log: () => {}, signal: ending.signal }).onChange(() => {
    told += 1;
  });
});

interface Database {
  readonly server: Server;
  readonly clients: readonly Socket[];
  readonly received: () => string;
  readonly end: () => Promise<void>;
}

async function serve(): Promise<Database> {
  const clients: Socket[] = [];
  let received = '';
  const server = createServer((socket) => {
    clients.push(socket);
    socket.on('data', (part) => (received += part.toString()));
    socket.on('error', () => {});
  }).listen(path);
  await once(server, 'listening');
  const end = async (): Promise<void> => {
    for (const client of clients) client.destroy();
    server.close();
    if (server.listening) await once(server, 'close');
  };
  resources.defer(end);
  return { server, clients, received: () => received, end };
}

describe('whoever follows Open vSwitch', () => {
  it('is told when the database is there, each time, and of its changes, once for a crowd of them', async () => {
    const first = await serve();
    await until(() => told === 1, { what: 'a connection' });
    await until(() => first.received().includes('"method":"monitor"'), { what: 'the monitor' });
    const change = JSON.stringify({ method: 'update', params: [null, {}], id: null });
    for (let nth = 0; nth < 50; nth += 1) first.clients[0]?.write(change);
    await until(() => told === 2, { what: 'a change' });
    first.clients[0]?.write(JSON.stringify({ method: 'echo', params: [], id: 'echo' }));
    await until(() => first.received().includes('"id":"echo","result":[]'), { what: 'an answer to an echo' });
    await first.end();
    const second = await serve();
    await until(() => told === 3, { what: 'another connection' });
    await until(() => second.received().includes('"method":"monitor"'), { what: 'the monitor again' });
  });
});

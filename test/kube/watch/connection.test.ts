import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { watchConnections, type WatchEnd } from '../../../src/kube/watch/connection.ts';
import { createResources } from '../../fixture/resources.ts';

const resources = createResources();
afterEach(resources.release);

interface Connection {
  readonly end: Promise<WatchEnd>;
  readonly opened: Promise<void>;
  readonly openings: () => number;
  readonly stop: () => void;
}

async function listen(answer: RequestListener): Promise<AddressInfo | string | null> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  resources.defer(async () => {
    server.closeAllConnections();
    server.close();
  });
  return server.address();
}

async function connect(answer: RequestListener): Promise<Connection> {
  const access = accessTo(await listen(answer));
  const stopping = new AbortController();
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  let openings = 0;
  const end = watchConnections(
    access,
    'test',
  )({
    path: '/things',
    resourceVersion: '1',
    accept: 'application/json',
    signal: stopping.signal,
    onEvent: () => {},
    onOpen: () => {
      openings += 1;
      resolve();
    },
  });
  return { end, opened, openings: () => openings, stop: () => stopping.abort() };
}

function accessTo(address: string | AddressInfo | null) {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    server: { secure: false, host: '127.0.0.1', port, base: '' },
    ca: undefined,
    servername: undefined,
    clientCertificate: undefined,
    token: () => undefined,
  };
}

describe('a connection of a watch', () => {
  it('is open when the API server has accepted it, though it has nothing to tell', async () => {
    const { end, opened, openings, stop } = await connect((_, response) => {
      response.writeHead(200).flushHeaders();
    });
    await opened;
    stop();
    await end;
    expect(openings()).toBe(1);
  });

  it.each([401, 403, 410, 500])('never was when it is refused with %i', async (status) => {
    const { end, openings } = await connect((_, response) => void response.writeHead(status).end());
    expect(await end).toMatchObject({ status });
    expect(openings()).toBe(0);
  });

  it('is opened with another token after one was refused', async () => {
    const seen: unknown[] = [];
    const address = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end();
    });
    const open = watchConnections({ ...accessTo(address), token: secondAfterFirst }, 'test');
    for (const _ of [1, 2]) {
      await open({
        path: '/things',
        resourceVersion: '1',
        accept: 'application/json',
        signal: new AbortController().signal,
        onEvent: () => {},
        onOpen: () => {},
      });
    }
    expect(seen).toStrictEqual(['Bearer first', 'Bearer second']);
  });
});

function secondAfterFirst(refused?: string): string {
  return refused === 'first' ? 'second' : 'first';
}

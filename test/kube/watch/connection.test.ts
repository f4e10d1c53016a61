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

async function connect(answer: RequestListener): Promise<Connection> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  resources.defer(async () => {
    server.closeAllConnections();
    server.close();
  });
  const stopping = new AbortController();
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  let openings = 0;
  const end = watchConnections(
    accessTo(server.address()),
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
});

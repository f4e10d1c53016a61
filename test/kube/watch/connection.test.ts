import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClusterAccess, Refused } from '../../../src/kube/kubeconfig.ts';
import { watchConnections, type WatchEnd, type WatchRequest } from '../../../src/kube/watch/connection.ts';
import { Failure } from '../../../src/system/failure.ts';
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

  it('is opened with other credentials after they were refused', async () => {
    const seen: unknown[] = [];
    const address = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end();
    });
    const [first, second] = ['first', 'second'].map((token) => ({ ...accessTo(address), token: () => token }));
    const access = {
      ...accessTo(address),
      renewed: async ({ refused }: Refused) => choose({ refused, first, second }),
    };
    const open = watchConnections(access, 'test');
    for (const _ of [1, 2]) await open(request);
    expect(seen).toStrictEqual(['Bearer first', 'Bearer second']);
  });

  it('says what is wrong with the program that fetches credentials', async () => {
    const error = new Failure('config', 'the program ended with exit code 1');
    const renewed = async (): Promise<never> => {
      throw error;
    };
    expect(await watchConnections({ ...accessTo(null), renewed }, 'test')(request)).toStrictEqual({ error });
  });
});

const request: WatchRequest = {
  path: '/things',
  resourceVersion: '1',
  accept: 'application/json',
  signal: new AbortController().signal,
  onEvent: () => {},
  onOpen: () => {},
};

interface Choice {
  readonly refused: ClusterAccess | undefined;
  readonly first: ClusterAccess | undefined;
  readonly second: ClusterAccess | undefined;
}

function choose({ refused, first, second }: Choice): ClusterAccess {
  const chosen = refused === first ? second : first;
  if (chosen !== undefined) return chosen;
  throw new Error('there are two');
}

import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient, type KubeClient } from '../../src/kube/client.ts';
import type { ClusterAccess, Refused } from '../../src/kube/kubeconfig.ts';
import { deadlineIn } from '../../src/system/time.ts';
import { createAuthority, type KeyPair } from '../cluster/certificates.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { until } from '../fixture/until.ts';
import { listenOnFreePort } from '../fixture/loopback.ts';

const resources = createResources();
afterEach(resources.release);

const get = { method: 'GET', path: '/api/v1/things' } as const;

describe('credentials that are renewed', () => {
  it('show another client certificate, on another connection, when the one before has been refused', async () => {
    const { client, valid, seen, open } = await setUp();
    valid.add('one');
    await client.send(get);
    valid.clear();
    valid.add('two');
    expect(await client.send(get)).toMatchObject({ status: 200 });
    expect(seen).toStrictEqual(['one', 'one', 'two']);
    await until(() => open() === 1, { what: 'one connection' });
  });

  it('leave the connection before until what is under way on it has been answered', async () => {
    const { client, valid, seen, hold, open, expire } = await setUp();
    valid.add('one').add('two');
    const release = hold();
    const slow = client.send(get);
    await until(() => seen.length > 0, { what: 'a request' });
    expect(seen).toStrictEqual(['one']);
    expire();
    await client.send(get);
    expect([seen, open()]).toStrictEqual([['one', 'two'], 2]);
    release();
    await slow;
    expect(seen).toStrictEqual(['one', 'two']);
    await until(() => open() === 1, { what: 'one connection' });
  });

  it('go on upon the same connection when it is another token', async () => {
    const { client, seen, connections } = await setUp({ token: true });
    expect(await client.send(get)).toMatchObject({ status: 200 });
    expect(seen).toStrictEqual(['Bearer one', 'Bearer two']);
    expect(connections()).toBe(1);
  });
});

it('an API server that is believed by other certificates of an authority is asked by them, on another connection', async () => {
  const { client, valid, seen, connections } = await setUp({ distrusted: true });
  valid.add('one').add('two');
  expect(await client.send(get)).toMatchObject({ status: 200, uncertain: false });
  await client.send(get);
  expect(seen).toStrictEqual(['two', 'two']);
  expect(connections()).toBe(2);
});

interface SetUp {
  readonly client: KubeClient;
  /** Names, of certificates, that are let in. */
  readonly valid: Set<string>;
  /** Who asked. */
  readonly seen: readonly string[];
  /** The next answer waits for what it returns. */
  readonly hold: () => () => void;
  /** The credentials are others from now on. */
  readonly expire: () => void;
  readonly connections: () => number;
  /** Those that are there now. */
  readonly open: () => number;
}

/** @param distrusted whether the first credentials come with the certificate of another authority */
async function setUp({ token = false, distrusted = false } = {}): Promise<SetUp> {
  const dir = await resources.use(makeTempDir('route'));
  const authority = await createAuthority(dir.path);
  const issue = async (name: string): Promise<KeyPair> =>
    authority.issue({ name, subject: `/CN=${name}`, names: 'IP:127.0.0.1' });
  const tls = await issue('server');
  const [one, two] = [await issue('one'), await issue('two')];
  const valid = new Set<string>();
  const seen: string[] = [];
  let held: Promise<void> = Promise.resolve();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const who = token ? (request.headers.authorization ?? '') : commonName(request);
    seen.push(who);
    const status = (token ? who === 'Bearer two' : valid.has(who)) ? 200 : 401;
    const freed = held;
    held = Promise.resolve();
    await freed;
    response.writeHead(status).end('{}');
  };
  const ca = read(authority.certificate);
  const server = createServer(
    { ca, cert: read(tls.certificate), key: read(tls.key), requestCert: !token },
    (request, response) => void answer(request, response),
  );
  const sockets = new Set<object>();
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listenOnFreePort(server);
  resources.defer(async () => {
    server.closeAllConnections();
    server.close();
  });
  const accesses = [one, two].map((pair, at): ClusterAccess => ({
    server: { secure: true, host: '127.0.0.1', port, base: '' },
    ca: distrusted && at === 0 ? read(one.certificate) : ca,
    servername: undefined,
    clientCertificate: token ? undefined : { cert: read(pair.certificate), key: read(pair.key) },
    token: () => (token ? ['one', 'two'][at] : undefined),
  }));
  const { access, expire } = renewing(accesses);
  const client = createClient({ access, deadline: deadlineIn(60_000) });
  resources.defer(() => client.close());
  return {
    client,
    valid,
    seen,
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    expire,
    connections: () => connections,
    open: () => sockets.size,
  };
}

/** The next one each time that one is refused. */
function renewing([first, ...others]: readonly ClusterAccess[]): Pick<SetUp, 'expire'> & { access: ClusterAccess } {
  if (first === undefined) throw new Error('expected one');
  let current = first;
  const expire = (): void => {
    current = others.shift() ?? current;
  };
  const renewed = async ({ refused, distrusting }: Refused): Promise<ClusterAccess> => {
    if ([refused, distrusting].includes(current)) expire();
    return current;
  };
  return { access: { ...first, renewed }, expire };
}

function commonName({ socket }: IncomingMessage): string {
  return socket instanceof TLSSocket ? String(socket.getPeerCertificate().subject.CN) : '';
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

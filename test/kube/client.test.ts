import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient, type KubeClient, type Limits } from '../../src/kube/client.ts';
import { readKubeconfig } from '../../src/kube/kubeconfig.ts';
import { UnknownOutcome } from '../../src/kube/unknown-outcome.ts';
import { files } from '../../src/system/files.ts';
import { deadlineIn } from '../../src/system/time.ts';
import { createAuthority } from '../cluster/certificates.ts';
import { kubeconfig, type Credentials } from '../cluster/kubeconfig.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { startFakeApiServer, type FakeApiServer, type FakeOptions, type Fault } from './fake-api-server.ts';
import { failureOf } from './failure-of.ts';
import { virtualTime, type VirtualTime } from './virtual-time.ts';

const resources = createResources();
afterEach(resources.release);

const path = '/apis/crd.antrea.io/v1beta1/ippools/a';
const collection = '/apis/crd.antrea.io/v1beta1/ippools';
const pool = { metadata: { name: 'a' }, spec: {} };

describe('a request that fails', () => {
  const passing: readonly [string, Fault][] = [
    ['an internal error', { kind: 'status', status: 500 }],
    ['a proxy without a server', { kind: 'text', status: 502, text: '<html>' }],
    ['a server that is starting', { kind: 'status', status: 503, headers: { 'retry-after': '1' } }],
    ['too many requests', { kind: 'status', status: 429, headers: { 'retry-after': '2' } }],
    ['a connection that is cut', { kind: 'cut' }],
    ['a connection that is cut in mid-body', { kind: 'cut in mid-body' }],
    ['an answer that is no JSON', { kind: 'text', status: 200, text: 'welcome to our hotel' }],
    ['an answer that is a list', { kind: 'text', status: 200, text: '[]' }],
    ['a server that hangs', { kind: 'hang' }],
  ];

  it.each(passing)('is tried again after %s', async (_name, fault) => {
    const { fake, client } = await setUp({ limits: { attempt: 2000, total: 20_000 } });
    fake.objects.put(path, pool);
    fake.fault = once(fault);
    expect(await client.send({ method: 'GET', path })).toMatchObject({ status: 200, body: pool });
    expect(fake.seen).toHaveLength(2);
  });

  it('waits as long as the server asks for', async () => {
    const { fake, client, time } = await setUp();
    fake.objects.put(path, pool);
    fake.fault = once({ kind: 'status', status: 429, headers: { 'retry-after': '3' } });
    await client.send({ method: 'GET', path });
    expect(time.slept()).toBe(3000);
  });

  it.each(passing)('is not tried again after %s when nobody depends on it', async (_name, fault) => {
    const { fake, client } = await setUp();
    fake.objects.put(path, pool);
    fake.fault = once(fault);
    await expect(client.send({ method: 'GET', path, onlyTry: 1000 })).rejects.toMatchObject({ kind: 'unavailable' });
    expect(fake.seen).toHaveLength(1);
    expect(await client.send({ method: 'GET', path })).toMatchObject({ status: 200 });
  });

  it('fails at once when the server asks for longer than there is time', async () => {
    const { fake, client, time } = await setUp();
    fake.fault = () => ({ kind: 'status', status: 429, headers: { 'retry-after': '60' } });
    await expect(client.send({ method: 'GET', path })).rejects.toMatchObject({ kind: 'unavailable' });
    expect({ slept: time.slept(), requests: fake.seen.length }).toStrictEqual({ slept: 0, requests: 1 });
  });

  it('is given up within 20 s, and says what was wrong and how often', async () => {
    const { fake, client, time } = await setUp();
    fake.fault = () => ({ kind: 'status', status: 503, message: 'etcd has no leader' });
    const { kind, message, details } = await failureOf(client.send({ method: 'GET', path }));
    expect(kind).toBe('unavailable');
    expect(message).toMatch(/503: etcd has no leader.*GET .*ippools\/a.*try again later/);
    expect(details).toMatch(/^tried \d+ times$/);
    expect(time.slept()).toBeGreaterThan(15_000);
    expect(time.slept()).toBeLessThan(20_000);
  });

  it('is given up within 5 s when the one before it was given up, and within 20 s again after an answer', async () => {
    const { fake, client, time } = await setUp();
    fake.objects.put(path, pool);
    const down = { kind: 'status', status: 503 } as const;
    const patience = async (): Promise<number> => {
      const before = time.slept();
      await failureOf(client.send({ method: 'GET', path }));
      return time.slept() - before;
    };
    fake.fault = () => down;
    expect(await patience()).toBeGreaterThan(15_000);
    expect(await patience()).toBeLessThan(5000);
    fake.fault = once(down);
    await client.send({ method: 'GET', path });
    fake.fault = () => down;
    expect(await patience()).toBeGreaterThan(15_000);
  });

  it('is given up when the call that it is for has no time left', async () => {
    const { fake, client, time } = await setUp({ deadline: 500 });
    fake.fault = () => ({ kind: 'status', status: 503 });
    await expect(client.send({ method: 'GET', path })).rejects.toMatchObject({ kind: 'unavailable' });
    expect(time.slept()).toBeLessThan(500);
  });

  it('tells a server that is down, and reaches it when it is up again', async () => {
    const { fake, client } = await setUp();
    fake.objects.put(path, pool);
    await client.send({ method: 'GET', path });
    await fake.shut();
    const { kind, message } = await failureOf(client.send({ method: 'GET', path }));
    expect(kind).toBe('unavailable');
    expect(message).toContain('ECONNREFUSED');
    await fake.open();
    expect(await client.send({ method: 'GET', path })).toMatchObject({ status: 200 });
  });

  const noRight = {
    kind: 'status',
    status: 403,
    message: 'ippools "a" is forbidden: User "p" cannot get resource "ippools" in API group "crd.antrea.io"',
  } as const satisfies Fault;

  it('for want of a right is tried again for a second, as an API server that has just started knows of none', async () => {
    const { fake, client, time } = await setUp();
    fake.objects.put(path, pool);
    fake.fault = once(noRight);
    expect(await client.send({ method: 'GET', path })).toMatchObject({ status: 200 });
    fake.fault = () => noRight;
    const before = fake.seen.length;
    expect(await failureOf(client.send({ method: 'GET', path }))).toMatchObject({ kind: 'refused' });
    expect(fake.seen.length - before).toBe(5);
    expect(time.slept()).toBeLessThan(2000);
  });

  it('because the API server has not read its own roles yet is tried again as long as its absence is', async () => {
    const { fake, client, time } = await setUp();
    const missing = ['discovery', 'basic-user'].map(
      (role) => `clusterrole.rbac.authorization.k8s.io "system:${role}" not found`,
    );
    const { message } = noRight;
    fake.fault = () => ({ kind: 'status', status: 403, message: `${message}: RBAC: [${missing.join(', ')}]` });
    expect(await failureOf(client.send({ method: 'GET', path }))).toMatchObject({ kind: 'unavailable' });
    expect(time.slept()).toBeGreaterThan(10_000);
  });

  const lasting: readonly [string, Fault, object][] = [
    ['403', { kind: 'status', status: 403, message: 'ippools "a" is forbidden' }, { kind: 'refused' }],
    ['422', { kind: 'status', status: 422, message: 'spec.address: Invalid' }, { kind: 'refused' }],
    ['404', { kind: 'status', status: 404, message: 'not found' }, { kind: 'not-found' }],
    ['a redirect', { kind: 'text', status: 302, text: '', headers: { location: 'http://evil/' } }, { kind: 'config' }],
  ];

  it.each(lasting)('is not tried again after %s', async (_name, fault, expected) => {
    const { fake, client } = await setUp();
    fake.fault = () => fault;
    const failure = await failureOf(client.send({ method: 'GET', path }));
    expect(failure).toMatchObject(expected);
    expect(failure.message).toContain('message' in fault ? fault.message : '302');
    expect(fake.seen).toHaveLength(1);
  });

  it('quotes what a server says on one line, and not all of it', async () => {
    const { fake, client } = await setUp();
    fake.fault = () => ({ kind: 'text', status: 400, text: `\u001B[31m\n${'x'.repeat(10_000)}` });
    const { kind, message } = await failureOf(client.send({ method: 'GET', path }));
    expect(kind).toBe('refused');
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(900);
  });

  it('is given up when the answer is larger than anything that is asked for', async () => {
    const { fake, client } = await setUp();
    fake.fault = () => ({ kind: 'text', status: 200, text: 'x'.repeat(17 * 1024 * 1024) });
    expect((await failureOf(client.send({ method: 'GET', path }))).message).toContain('larger than');
    expect(fake.seen).toHaveLength(1);
  });
});

describe('a change', () => {
  it('says that its answer was lost, when it finds what it may have made itself', async () => {
    const { fake, client } = await setUp();
    fake.fault = once({ kind: 'lose answer' });
    const answer = await client.send({ method: 'POST', path: collection, body: pool, expect: [409] });
    expect(answer).toMatchObject({ status: 409, uncertain: true });
  });

  it.each<[string, Fault]>([
    ['lost answers', { kind: 'lose answer' }],
    ['cut answers', { kind: 'cut in mid-body' }],
    ['5xx', { kind: 'status', status: 504 }],
    ['silence', { kind: 'hang' }],
  ])('that ends in %s may have been made, and says so', async (_name, fault) => {
    const { fake, client } = await setUp({ limits: { attempt: 1000, total: 1000 } });
    fake.fault = () => fault;
    await expect(client.send({ method: 'POST', path: collection, body: pool })).rejects.toBeInstanceOf(UnknownOutcome);
  });

  it('that ends in 429, or never reached the server, was not made', async () => {
    const busy = await setUp();
    busy.fake.fault = () => ({ kind: 'status', status: 429 });
    const down = await setUp();
    await down.fake.shut();
    for (const { client } of [busy, down]) {
      const failure = await failureOf(client.send({ method: 'POST', path: collection, body: pool }));
      expect(failure).not.toBeInstanceOf(UnknownOutcome);
      expect(failure.kind).toBe('unavailable');
    }
  });

  it('may be made by an earlier try though the last one was refused', async () => {
    const { fake, client } = await setUp();
    fake.fault = (request) =>
      fake.seen.indexOf(request) === 0 ? { kind: 'cut' } : { kind: 'status', status: 403, message: 'no more' };
    await expect(client.send({ method: 'POST', path: collection, body: pool })).rejects.toThrow(UnknownOutcome);
  });
});

describe('a connection', () => {
  it('is one for all requests of a call, each of which tells the server how long it waits', async () => {
    const { fake, client } = await setUp();
    fake.objects.put(path, pool);
    await Promise.all([1, 2, 3].map(() => client.send({ method: 'GET', path })));
    expect(fake.connections()).toBe(1);
    expect(fake.seen.map(({ query }) => query.get('timeout'))).toStrictEqual(['5000ms', '5000ms', '5000ms']);
  });

  it('carries many GETs at the same time, and one change', async () => {
    const { fake, client } = await setUp();
    const order: string[] = [];
    const send = async (name: string, method: 'GET' | 'POST'): Promise<void> => {
      const wanted = method === 'GET' ? { method, path: `${collection}/${name}`, expect: [404] } : undefined;
      await client.send(wanted ?? { method, path: collection, body: { metadata: { name } } });
      order.push(name);
    };
    const change = send('b', 'POST');
    const all = [...['c', 'd', 'e'].map((name) => send(name, 'GET')), change, send('f', 'POST'), send('g', 'GET')];
    await Promise.all(all);
    expect({ order, connections: fake.connections() }).toStrictEqual({
      order: ['b', 'c', 'd', 'e', 'f', 'g'],
      connections: 1,
    });
  });

  it('that ends after an answer is followed by another one', async () => {
    const { fake, client } = await setUp();
    fake.fault = () => ({ kind: 'text', status: 200, text: '{}', headers: { connection: 'close' } });
    await Promise.all([1, 2, 3].map(() => client.send({ method: 'GET', path })));
    expect(fake.connections()).toBeGreaterThan(1);
  });

  it.each([false, true])('trusts the authority of the kubeconfig and no other (sole: %s)', async (sole) => {
    const other = await resources.use(makeTempDir('other-ca'));
    const stranger = await createAuthority(other.path);
    const { fake, access } = await setUp({ tls: true, credentials: { token: 't' } });
    fake.objects.put(path, pool);
    expect(await opened(access(), sole).send({ method: 'GET', path })).toMatchObject({ status: 200 });
    const wrong = opened(access(stranger.certificate), sole);
    const { kind, message } = await failureOf(wrong.send({ method: 'GET', path }));
    expect(kind).toBe('config');
    expect(message).toContain('certificate-authority');
  });

  it('checks the name that the kubeconfig gives', async () => {
    const { access } = await setUp({ tls: true, credentials: { token: 't' } });
    const client = opened({ ...access(), servername: 'elsewhere.example' });
    await expect(client.send({ method: 'GET', path })).rejects.toMatchObject({ kind: 'config' });
  });

  it('shows a client certificate', async () => {
    const { fake, client } = await setUp({ tls: true, credentials: 'certificate' });
    fake.objects.put(path, pool);
    expect(await client.send({ method: 'GET', path })).toMatchObject({ status: 200 });
  });
});

describe('a token', () => {
  it('is read again from its file when it has been renewed', async () => {
    const dir = await resources.use(makeTempDir('token'));
    const tokenFile = join(dir.path, 'token');
    writeFileSync(tokenFile, 'first\n');
    const { fake, client } = await setUp({ credentials: { tokenFile } });
    fake.objects.put(path, pool);
    fake.tokens = ['first'];
    await client.send({ method: 'GET', path });
    fake.tokens = ['second'];
    fake.fault = () => {
      writeFileSync(tokenFile, 'second\n');
      return undefined;
    };
    expect(await client.send({ method: 'GET', path })).toMatchObject({ status: 200 });
    expect(fake.seen.map(({ authorization }) => authorization)).toStrictEqual([
      'Bearer first',
      'Bearer first',
      'Bearer second',
    ]);
  });

  it('that is not accepted is no reason to try the same again', async () => {
    const { fake, client } = await setUp({ credentials: { token: 'old' } });
    fake.tokens = ['new'];
    const { kind, message } = await failureOf(client.send({ method: 'GET', path }));
    expect(kind).toBe('unavailable');
    expect(message).toContain('credentials');
    expect(fake.seen).toHaveLength(1);
  });
});

interface Options {
  readonly limits?: Limits;
  readonly deadline?: number;
  readonly tls?: boolean;
  readonly credentials?: Credentials | 'certificate';
}

interface SetUp {
  readonly fake: FakeApiServer;
  readonly client: KubeClient;
  readonly time: VirtualTime;
  readonly access: (authority?: string) => ReturnType<typeof readKubeconfig>;
}

async function setUp({ limits, deadline = 60_000, tls = false, credentials }: Options = {}): Promise<SetUp> {
  const dir = await resources.use(makeTempDir('kube'));
  const authority = await createAuthority(dir.path);
  const pair = (name: string) => authority.issue({ name, subject: `/CN=${name}`, names: 'IP:127.0.0.1' });
  const served: FakeOptions = tls ? { tls: await pair('server') } : {};
  const shown = credentials === 'certificate' ? { clientCertificate: await pair('client') } : credentials;
  const fake = await startFakeApiServer({
    ...served,
    ...(credentials === 'certificate' && { clientAuthority: authority.certificate }),
  });
  resources.defer(() => fake.close());
  const access = (ca = authority.certificate): ReturnType<typeof readKubeconfig> =>
    readKubeconfig(
      files,
      kubeconfig({ dir: dir.path, server: fake.url, authority: ca, credentials: shown ?? { token: 't' } }),
    );
  const time = virtualTime();
  const client = createClient({
    access: access(),
    deadline: time.deadlineIn(deadline),
    time,
    ...(limits !== undefined && { limits }),
  });
  resources.defer(() => client.close());
  return { fake, client, time, access };
}

function opened(access: ReturnType<typeof readKubeconfig>, sole = false): KubeClient {
  const client = createClient({ access, deadline: deadlineIn(60_000), sole });
  resources.defer(() => client.close());
  return client;
}

function once(fault: Fault): () => Fault | undefined {
  let done = false;
  return () => {
    if (done) return undefined;
    done = true;
    return fault;
  };
}

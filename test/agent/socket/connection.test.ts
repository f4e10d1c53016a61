import { once } from 'node:events';
import fs from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countCalls, type Calls } from '../../../src/agent/api-requests/calls.ts';
import { serveConnection } from '../../../src/agent/socket/connection.ts';
import { listenOn, type Listening } from '../../../src/agent/socket/listen.ts';
import { createSession } from '../../../src/agent/socket/session.ts';
import type { PassOn } from '../../../src/agent/api-requests/pass-on.ts';
import { createAhead } from '../../../src/agent/allocation/ahead.ts';
import type { KnowingStore } from '../../../src/agent/allocation/store.ts';
import { readPool } from '../../../src/ipam/pool.ts';
import { Failure } from '../../../src/system/failure.ts';
import { monotonicNow } from '../../../src/system/time.ts';
import { isObject, parseJson, type JsonObject } from '../../fixture/json.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';
import { address, manifest, owner } from '../../ipam/sample.ts';

const resources = createResources();
let dir: string;
let path: string;
let listening: Listening;
let hasRoom: boolean;
let calls: Calls;
/** What was offered and not taken back. */
let offered: number;
/** How many creates were begun. */
let created: number;
/** What the look for a pool waits for. */
let known: Promise<void>;

beforeEach(async () => {
  dir = (await resources.use(makeTempDir('socket'))).path;
  path = join(dir, 'run', 'agent.sock');
  hasRoom = true;
  offered = 0;
  created = 0;
  known = Promise.resolve();
  calls = countCalls();
  listening = await listenOn(path, serve);
  resources.defer(() => listening.close());
});
afterEach(resources.release);

describe('what comes over the socket', () => {
  it('is answered with the number of the request, also in pieces and several at once', async () => {
    const client = await open();
    const text = `${asking({ id: 7, op: 'hello' })}${asking({ id: 8, op: 'hello' })}`;
    client.socket.write(text.slice(0, 20));
    client.socket.write(text.slice(20));
    expect(await client.answers(2)).toStrictEqual([
      { v: 1, id: 7, node: 'node-1', ready: true },
      { v: 1, id: 8, node: 'node-1', ready: true },
    ]);
  });

  it.each<[string, JsonObject, string]>([
    ['of another version', { v: 2, op: 'hello' }, 'v is not one of 1 to 1'],
    ['of no version', { v: '1', op: 'hello' }, 'v is not one of 1 to 1'],
    ['of an unknown kind', { op: 'drop' }, 'op is "drop": expected hello, announce, pool'],
    ['that came too late', { op: 'hello', until: monotonicNow() - 1 }, 'the request came too late'],
    ['without an end of its time', { op: 'hello', until: null }, 'the request came too late'],
    ['for a path in place of a pool', { op: 'pool', name: '../a', search: 1 }, 'name is "../a": expected a pool name'],
    ['for a search that was not begun', { op: 'next', search: 3 }, 'there is no search 3'],
    ['for no address', { op: 'get', pool: 'a', address: 'x' }, 'address is "x": expected an IP address'],
    [
      'for another Node',
      { op: 'release', pool: 'a', address: '10.0.0.5', version: 'u/1', owner: of('node-2') },
      'the agent is that of Node node-1, not of "node-2"',
    ],
    [
      'for a name that is too long',
      { op: 'release', pool: 'a', address: '10.0.0.5', version: 'u/1', owner: of('n'.repeat(254)) },
      'owner.pod.node is',
    ],
    [
      'of another network namespace',
      { op: 'pairs', host: '1:2', netns: '1:3', path: '/run/netns/a', pairs: [] },
      'the agent runs in another network namespace',
    ],
    [
      'about a link that is not ours',
      { op: 'pairs', host: '1:2', netns: '1:3', path: '/run/netns/a', pairs: [{ host: { name: 'eth0' } }] },
      'pairs[0].host.name is "eth0": expected the name of a link of ours',
    ],
    [
      'for a version that is none',
      { op: 'release', pool: 'a', address: '10.0.0.5', version: '../1', owner: of('node-1') },
      'version is "../1": expected a UID and a version',
    ],
  ])('a request %s is refused, and the next one is answered', async (_what, request, message) => {
    const client = await open();
    client.socket.write(asking(request));
    client.socket.write(asking({ id: 2, op: 'hello' }));
    const answers = await client.answers(2);
    const refused = answers.find((one) => one['id'] !== 2);
    expect(JSON.stringify(refused?.['error']).replaceAll('\\"', '"')).toContain(message);
    expect(answers.find((one) => one['id'] === 2)).toMatchObject({ ready: true });
  });

  it('is turned away when too much is under way', async () => {
    hasRoom = false;
    const client = await open();
    client.socket.write(asking({ op: 'hello' }));
    expect(await client.answers(1)).toMatchObject([{ error: { kind: 'unavailable', leftover: false } }]);
  });

  it.each([
    ['no JSON', 'GET / HTTP/1.1\r\n\r\n'],
    ['a list', '[]\n'],
    ['a line without an end', 'x'.repeat(200_000)],
    ['a line that is too long', `${JSON.stringify({ v: 1, x: 'x'.repeat(100_000) })}\n`],
  ])('ends the connection when it is %s', async (_what, bytes) => {
    const client = await open();
    client.socket.write(bytes);
    await closed(client.socket);
  });

  it('survives whatever bytes come', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
      fc.json().map((text) => Buffer.from(`${text}\n`)),
      fc
        .record({
          v: fc.constant(1),
          op: fc.constantFrom('pool', 'next', 'create', 'get', 'release'),
          id: fc.jsonValue(),
        })
        .chain((base) =>
          fc
            .dictionary(fc.constantFrom('name', 'search', 'owner', 'address', 'until'), fc.jsonValue())
            .map((more) => asking({ ...base, ...more })),
        )
        .map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const socket = connect(path);
        socket.on('error', () => {});
        socket.resume();
        socket.end(sent);
        await closed(socket);
      }),
      { numRuns: 150 },
    );
    const client = await open();
    client.socket.write(asking({ op: 'hello' }));
    expect(await client.answers(1)).toMatchObject([{ ready: true }]);
  });

  it('of a plugin that is gone is not begun any more, and what it was offered is free for others', async () => {
    const client = await open();
    client.socket.write(asking({ op: 'pool', name: 'a', search: 1 }));
    expect(await client.answers(1)).toMatchObject([{ address: '10.1.0.2' }]);
    expect(offered).toBe(1);
    client.socket.destroy();
    await until(() => offered === 0, { what: 'the end of the offer' });
  });
});

describe('a call that was announced', () => {
  const env = { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'c', CNI_NETNS: '/n', CNI_IFNAME: 'net1', CNI_PATH: '/bin' };
  const config = JSON.stringify({ cniVersion: '1.0.0', name: 'blue', ipam: { type: 'antrea', ippools: ['a'] } });
  const announcement: JsonObject = { id: 0, op: 'announce', type: 'antrea', env, config };

  it('is offered what is being created for it', async () => {
    const client = await open();
    client.socket.write(asking(announcement));
    client.socket.write(asking({ op: 'pool', name: 'a', search: 1 }));
    const answers = await client.answers(2);
    expect(answers).toContainEqual({ v: 1, id: 0 });
    expect(answers).toContainEqual(expect.objectContaining({ id: 1, address: '10.1.0.2' }));
    expect([offered, created]).toStrictEqual([1, 1]);
  });

  it('has nothing created for it twice, when its network is looked for again or it is announced again', async () => {
    const client = await open();
    client.socket.write(asking(announcement));
    client.socket.write(asking(announcement));
    for (const search of [1, 2]) client.socket.write(asking({ op: 'pool', name: 'a', search }));
    await client.answers(4);
    expect([offered, created]).toStrictEqual([2, 1]);
  });

  it('keeps from others nothing that it was not offered yet, when it is gone', async () => {
    const client = await open();
    client.socket.write(asking(announcement));
    await client.answers(1);
    expect(offered).toBe(1);
    client.socket.destroy();
    await until(() => offered === 0, { what: 'the end of the offer' });
  });

  it('has begun, or never begins, when anything else is answered', async () => {
    const gate = Promise.withResolvers<void>();
    known = gate.promise;
    const client = await open();
    client.socket.write(asking(announcement));
    client.socket.write(asking({ op: 'hello' }));
    await otherAnswers();
    expect(await client.answers(0)).toStrictEqual([]);
    gate.resolve();
    await client.answers(2);
    expect(created).toBe(1);
  });

  it('is not begun when its plugin has gone while a pool was looked for', async () => {
    const gate = Promise.withResolvers<void>();
    known = gate.promise;
    const client = await open();
    client.socket.write(asking(announcement));
    await otherAnswers();
    client.socket.destroy();
    await until(() => calls.quietSince() !== undefined, { what: 'the end of the connection' });
    gate.resolve();
    await otherAnswers();
    expect([offered, created]).toStrictEqual([0, 0]);
  });

  it('is not begun when its plugin is gone', async () => {
    const client = await open();
    client.socket.write(asking({ ...announcement, until: monotonicNow() - 1 }));
    expect(await client.answers(1)).toMatchObject([{ error: { message: 'the request came too late' } }]);
    expect(created).toBe(0);
  });
});

describe('a connection', () => {
  it('is a call of the plugin that is under way until it ends', async () => {
    const [one, another] = [await open(), await open()];
    for (const { socket, answers } of [one, another]) {
      socket.write(asking({ op: 'hello' }));
      await answers(1);
    }
    one.socket.end();
    await closed(one.socket);
    expect(calls.quietSince()).toBeUndefined();
    another.socket.destroy();
    await until(() => calls.quietSince() !== undefined, { what: 'the end of all calls' });
  });
});

describe('the socket', () => {
  it('is for root alone', () => {
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    expect(fs.statSync(join(dir, 'run')).mode & 0o777).toBe(0o700);
    expect(fs.readdirSync(join(dir, 'run'))).toStrictEqual(['agent.sock']);
  });

  it('is not made in a folder that others may write into', async () => {
    fs.mkdirSync(join(dir, 'open'));
    fs.chmodSync(join(dir, 'open'), 0o777);
    const failed = listenOn(join(dir, 'open', 's'), serve);
    await expect(failed).rejects.toThrow(/^agentSocket: cannot listen on .*others may write into/u);
  });

  it('takes the place of one that was left, or is still used, and is not removed by that one’s end', async () => {
    const next = await listenOn(path, serve);
    expect([listening.isOurs(), next.isOurs()]).toStrictEqual([false, true]);
    await listening.close();
    const client = await open();
    client.socket.write(asking({ op: 'hello' }));
    expect(await client.answers(1)).toHaveLength(1);
    client.socket.destroy();
    await next.close();
    expect(fs.existsSync(path)).toBe(false);
  });
});

interface Client {
  readonly socket: Socket;
  /** The first so many. */
  readonly answers: (count: number) => Promise<readonly JsonObject[]>;
}

async function open(): Promise<Client> {
  const socket = connect(path);
  resources.defer(() => socket.destroy());
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(socket, 'connect');
  const answers = async (count: number): Promise<readonly JsonObject[]> => {
    const lines = (): readonly string[] => text.split('\n').slice(0, -1);
    await until(() => lines().length >= count, { what: `${count} answers, and not just ${text}` });
    return lines().map(parseJson).filter(isObject);
  };
  return { socket, answers };
}

/** Another connection's request has been answered: so what others have sent before has been read. */
async function otherAnswers(): Promise<void> {
  const { socket, answers } = await open();
  socket.write(asking({ op: 'hello' }));
  await answers(1);
  socket.destroy();
}

/** Whoever still sends is cut off with an error, or without one: as it happens. */
async function closed(socket: Socket): Promise<void> {
  await until(() => socket.closed, { what: 'the end of the connection' });
}

function serve(socket: Socket): void {
  const session = createSession({
    store: stub,
    ahead: createAhead({ store: stub, records: { of: () => [], write: () => {}, remove: () => {}, sweep: () => {} } }),
    passOn,
    pairMaker: { make: async () => {} },
    nodeName: 'node-1',
    ready: () => true,
    observe: () => {},
  });
  serveConnection({ socket, session, calls, enter: () => hasRoom, leave: () => {} });
}

const passOn: Pick<PassOn, 'request' | 'event'> = {
  request: async ({ request }) => ({ status: 200, text: `${request.method} ${request.path}` }),
  event: () => ({}),
};

const pool = manifest({ name: 'a', ranges: ['10.1.0.0/24'], gateway: '10.1.0.1' });

const stub: KnowingStore = {
  readPool: async (name) => {
    await known;
    if (name !== 'a') throw new Failure('ipam', 'no such pool');
    return { pool: readPool(pool), object: pool };
  },
  candidates: async function* () {
    offered += 1;
    try {
      yield address('10.1.0.2');
    } finally {
      offered -= 1;
    }
  },
  create: async () => {
    created += 1;
    throw new Failure('unavailable', 'not now');
  },
  get: async () => undefined,
  release: async () => 'absent',
};

function asking(request: JsonObject): string {
  return `${JSON.stringify({ v: 1, id: 1, until: monotonicNow() + 5000, ...request })}\n`;
}

function of(node: string): unknown {
  const { network, pod } = owner('c');
  return { network, pod: { ...pod, node } };
}

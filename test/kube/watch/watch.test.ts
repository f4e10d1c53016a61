import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WatchEnd, WatchRequest } from '../../../src/kube/watch/connection.ts';
import { versionOf, type Change, type Collection } from '../../../src/kube/watch/kept.ts';
import { watchCollection } from '../../../src/kube/watch/watch.ts';
import type { KubeRequest } from '../../../src/kube/client.ts';
import { Failure } from '../../../src/system/failure.ts';
import { isJsonObject, type JsonObject } from '../../../src/system/json-object.ts';
import { until } from '../../fixture/until.ts';

interface Thing {
  readonly name: string;
  readonly version: string;
}

/** An API server with things, whose watches the test ends. */
function createServer() {
  const things = new Map<string, JsonObject>();
  const watches: { request: WatchRequest; end: (how: WatchEnd) => void }[] = [];
  const lists: KubeRequest[] = [];
  let version = 10;
  const strange: JsonObject[] = [];
  const server = { failLists: 0, failure: new Failure('unavailable', 'away'), pageSize: 500, expirePages: 0, strange };
  return {
    server,
    lists,
    watches,
    set: (name: string): JsonObject => {
      version += 1;
      const object = { metadata: { name, uid: `uid-${name}`, resourceVersion: String(version) } };
      things.set(name, object);
      return object;
    },
    delete: (name: string): JsonObject => {
      const object = things.get(name) ?? {};
      things.delete(name);
      return object;
    },
    api: {
      client: {
        server: 'test',
        close: () => {},
        send: async (request: KubeRequest) => {
          lists.push(request);
          if (server.failLists > 0) {
            server.failLists -= 1;
            throw server.failure;
          }
          const instead = server.strange.shift();
          if (instead !== undefined) return { status: 200, body: instead, uncertain: false };
          const from = Number(request.query?.['continue'] ?? 0);
          if (from > 0 && server.expirePages > 0) {
            server.expirePages -= 1;
            return { status: 410, body: {}, uncertain: false };
          }
          const all = [...things.values()];
          const next = from + server.pageSize;
          const metadata = { resourceVersion: String(version), ...(next < all.length && { continue: String(next) }) };
          return { status: 200, body: { metadata, items: all.slice(from, next) }, uncertain: false };
        },
      },
      openWatch: (request: WatchRequest) =>
        new Promise<WatchEnd>((resolve) => {
          watches.push({ request, end: resolve });
          request.signal.addEventListener('abort', () => resolve({}));
        }),
    },
  };
}

let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => stop.abort());

interface Bench extends ReturnType<typeof createServer> {
  readonly collection: Collection<Thing>;
  readonly changes: string[];
  readonly restarts: string[];
  /** `level message`, of the log. */
  readonly lines: string[];
  /** As if so many seconds had passed. */
  readonly pass: (seconds: number) => void;
  /** Milliseconds of each pause that was made. */
  readonly pauses: number[];
  /** The newest connection, when it is the one that many restarts make. */
  readonly connection: (count: number) => Promise<Bench['watches'][number]>;
}

function bench(
  prepare: (server: ReturnType<typeof createServer>) => void = () => {},
  more: { readonly fieldSelector?: string } = {},
): Bench {
  const server = createServer();
  prepare(server);
  const changes: string[] = [];
  const restarts: string[] = [];
  const lines: string[] = [];
  const pauses: number[] = [];
  let now = 0;
  const collection = watchCollection<Thing>({
    api: server.api,
    path: '/things',
    ...more,
    signal: stop.signal,
    log: (level, message) => void lines.push(`${level} ${message}`),
    clock: () => now,
    metrics: { watchRestarted: (_path, reason) => void restarts.push(reason) },
    sleep: async (milliseconds) => void pauses.push(milliseconds),
    read: (object) => {
      if (nameOf(object) === 'odd') throw new RangeError('cannot be read');
      return { name: nameOf(object), version: versionOf(object) };
    },
  });
  collection.onChange((change) => void changes.push(described(change)));
  const connection: Bench['connection'] = (count) =>
    until(() => server.watches[count - 1], { what: `${count} connections` });
  const pass = (seconds: number): void => {
    now += seconds * 1000;
  };
  return { ...server, collection, changes, restarts, lines, pauses, pass, connection };
}

describe('a watched collection', () => {
  it('is what is listed, page by page, and then what the watch tells', async () => {
    const {
      collection,
      changes,
      connection,
      set,
      delete: remove,
      lists,
    } = bench(({ server, set: make }) => {
      server.pageSize = 2;
      for (const name of ['a', 'b', 'c', 'd', 'e']) make(name);
    });
    await collection.ready;
    expect(lists).toHaveLength(3);
    const { request } = await connection(1);
    expect(request.resourceVersion).toBe('15');
    request.onEvent({ type: 'ADDED', object: set('f') });
    request.onEvent({ type: 'MODIFIED', object: set('a') });
    request.onEvent({ type: 'DELETED', object: remove('b') });
    expect(changes).toEqual(['+a', '+b', '+c', '+d', '+e', '+f', '~a', '-b']);
    expect([...collection.values()].map(({ name }) => name).toSorted()).toEqual(['a', 'c', 'd', 'e', 'f']);
  });

  it('can be part of all there is: what a field selector chooses', async () => {
    const fieldSelector = 'spec.nodeName=node-1';
    const { lists, connection } = bench(() => {}, { fieldSelector });
    const { request } = await connection(1);
    expect(request.fieldSelector).toBe(fieldSelector);
    expect(lists.map(({ query }) => query?.['fieldSelector'])).toEqual([fieldSelector]);
  });

  it('goes on where a connection that was closed, or broke, has ended; bookmarks count', async () => {
    const { connection, set, restarts } = bench();
    const first = await connection(1);
    first.request.onEvent({ type: 'ADDED', object: set('a') });
    first.end({});
    const second = await connection(2);
    expect(second.request.resourceVersion).toBe('11');
    second.request.onEvent({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '99' } } });
    second.end({ error: new Error('reset') });
    expect((await connection(3)).request.resourceVersion).toBe('99');
    expect(restarts).toEqual(['closed', 'error']);
  });

  it.each([
    ['refused with 410', ({ end }: Bench['watches'][number]) => end({ status: 410, error: new Error('Gone') })],
    [
      'ended by an event that says so',
      ({ request, end }: Bench['watches'][number]) => {
        request.onEvent({ type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } });
        end({});
      },
    ],
  ])(
    'is listed anew when its watch is %s: what came and went meanwhile is told, and nothing else',
    async (_, expire) => {
      const {
        collection,
        changes,
        connection,
        set,
        delete: remove,
        restarts,
      } = bench(({ set: make }) => {
        for (const name of ['a', 'b', 'c']) make(name);
      });
      const first = await connection(1);
      changes.length = 0;
      set('d');
      set('a');
      remove('b');
      expire(first);
      await connection(2);
      expect(changes.toSorted()).toEqual(['+d', '-b', '~a']);
      expect(collection.size()).toBe(3);
      expect(restarts).toEqual(['expired']);
    },
  );

  it.each([410, 500])(
    'is listed anew later and later when each watch of it ends with %i before it tells of anything',
    async (code) => {
      const { connection, pauses, set } = bench();
      for (let count = 1; count <= 8; count += 1) {
        const { request, end } = await connection(count);
        request.onOpen();
        request.onEvent({ type: 'ERROR', object: { kind: 'Status', code, message: 'too old' } });
        end({});
      }
      const { request, end } = await connection(9);
      expect(pauses.at(-1)).toBeGreaterThanOrEqual(1000);
      request.onEvent({ type: 'ADDED', object: set('a') });
      end({ status: 410, error: new Error('Gone') });
      const before = pauses.length;
      await connection(10);
      expect(pauses.slice(before)).toEqual([]);
    },
  );

  it('is listed anew after an error that the server reports in the watch', async () => {
    const { connection, lists, restarts } = bench();
    const { request, end } = await connection(1);
    request.onEvent({ type: 'ERROR', object: { kind: 'Status', code: 500, message: 'etcd is slow' } });
    end({});
    await connection(2);
    expect(lists).toHaveLength(2);
    expect(restarts).toEqual(['error']);
  });

  it('keeps what it knows while the server is away, and is not ready before the first whole list', async () => {
    const { collection, connection, server, set } = bench((made) => {
      made.server.failLists = 5;
      made.set('a');
    });
    expect(collection.synced()).toBe(false);
    const first = await connection(1);
    expect(collection.synced()).toBe(true);
    server.failLists = 5;
    set('b');
    first.end({ status: 410, error: new Error('Gone') });
    expect(collection.size()).toBe(1);
    await connection(2);
    expect(collection.size()).toBe(2);
  });

  it.each<readonly [string, JsonObject]>([
    ['an object without items, as a proxy may have it', { metadata: { resourceVersion: '1' } }],
    ['one without a version', { metadata: {}, items: [] }],
    ['one without anything', {}],
  ])('is not taken for empty when it is answered with %s', async (_, answer) => {
    const { collection, connection, server, set } = bench(({ set: make }) => void make('a'));
    const first = await connection(1);
    server.strange.push(answer);
    set('b');
    const sizes: number[] = [];
    collection.onChange(() => void sizes.push(collection.size()));
    first.end({ status: 410, error: new Error('Gone') });
    await connection(2);
    expect(sizes).toEqual([2]);
  });

  it('is empty when it is listed as null, as Go writes it', async () => {
    const { collection, connection, server, delete: remove } = bench(({ set: make }) => void make('a'));
    const first = await connection(1);
    remove('a');
    server.strange.push({ metadata: { resourceVersion: '12' }, items: null });
    first.end({ status: 410, error: new Error('Gone') });
    await connection(2);
    expect(collection.size()).toBe(0);
  });

  it('has all others when one of them cannot be read, and nothing of what that one was before', async () => {
    const { collection, connection, set, lines } = bench(({ set: make }) => {
      for (const name of ['a', 'odd', 'b']) make(name);
    });
    const { request } = await connection(1);
    request.onEvent({ type: 'ADDED', object: set('odd') });
    request.onEvent({ type: 'ADDED', object: set('c') });
    expect([...collection.values()].map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(lines).toEqual(Array.from({ length: 2 }, () => 'error passed over an object that cannot be read'));
  });

  it('is not to be relied upon a minute after the last connection, and is again with the next one', async () => {
    const { collection, connection, pass, set } = bench();
    expect(collection.problem()).toBe('/things has not been listed yet');
    const first = await connection(1);
    first.request.onOpen();
    pass(3600);
    expect(collection.problem()).toBeUndefined();
    first.end({ error: new Error('reset') });
    const second = await connection(2);
    pass(60);
    expect(collection.synced()).toBe(true);
    pass(1);
    expect(collection.synced()).toBe(false);
    expect(collection.problem()).toBe('/things is known only as it was 61 s ago: reset');
    second.request.onOpen();
    expect(collection.problem()).toBeUndefined();
    second.request.onEvent({ type: 'ADDED', object: set('a') });
    expect(collection.size()).toBe(1);
  });

  it.each([401, 403, 404])('is not to be relied upon when its watch is refused with %i for ever', async (status) => {
    const { collection, connection, pass, lines, restarts, pauses } = bench();
    (await connection(1)).request.onOpen();
    for (let count = 1; count <= 20; count += 1)
      (await connection(count)).end({ status, error: new Error('Forbidden') });
    const last = await connection(21);
    pass(300);
    expect(collection.problem()).toBe('/things is known only as it was 300 s ago: Forbidden');
    expect(lines).toEqual(['error the watch broke']);
    expect(new Set(restarts)).toEqual(new Set(['refused']));
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(15_000);
    expect(pauses.at(-1)).toBeLessThanOrEqual(30_000);
    last.request.onOpen();
    expect(collection.synced()).toBe(true);
    last.end({ status, error: new Error('Forbidden') });
    await connection(22);
    expect(lines).toEqual(['error the watch broke', 'error the watch broke']);
  });

  it('says why it cannot be listed, once', async () => {
    const { collection, lines, connection } = bench(({ server }) => {
      Object.assign(server, { failLists: 10, failure: new Failure('refused', 'no right to list') });
    });
    expect(collection.synced()).toBe(false);
    await connection(1);
    expect(lines).toEqual(['error cannot list']);
    expect(collection.synced()).toBe(true);
  });

  it('begins a list again that got too old between two pages', async () => {
    const { collection } = bench(({ server, set }) => {
      Object.assign(server, { pageSize: 1, expirePages: 1 });
      set('a');
      set('b');
    });
    await collection.ready;
    expect(collection.size()).toBe(2);
  });

  it('tells the others when one listener has a defect, and goes on', async () => {
    const { collection, changes, connection, set } = bench();
    const { request } = await connection(1);
    collection.onChange(() => {
      throw new TypeError('a defect');
    });
    const later: string[] = [];
    collection.onChange((change) => void later.push(described(change)));
    request.onEvent({ type: 'ADDED', object: set('a') });
    expect([changes, later]).toEqual([['+a'], ['+a']]);
  });

  it('ends with the signal', async () => {
    const { connection, watches, lists } = bench();
    await connection(1);
    stop.abort();
    await new Promise(setImmediate);
    expect([watches.length, lists.length]).toEqual([1, 1]);
  });
});

function nameOf({ metadata }: JsonObject): string {
  return isJsonObject(metadata) ? String(metadata['name']) : '';
}

function described({ before, after }: Change<Thing>): string {
  if (before === undefined) return `+${after?.name ?? ''}`;
  return after === undefined ? `-${before.name}` : `~${after.name}`;
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allocate } from '../../../src/ipam/allocator.ts';
import { formatAddress } from '../../../src/ipam/address.ts';
import { Leftover } from '../../../src/ipam/leftover.ts';
import { releaseFound, releaseHeld } from '../../../src/ipam/release.ts';
import type { AllocateRequest } from '../../../src/ipam/request.ts';
import { readPool } from '../../../src/ipam/pool.ts';
import { failureOf } from '../../kube/failure-of.ts';
import { until } from '../../fixture/until.ts';
import type { Fault } from '../../kube/fake-api-server.ts';
import { address, manifest, owner } from '../sample.ts';
import { collect } from '../store-conformance.ts';
import { allocations, asked, onceOn, openFakeStore, pools, type FakeStore } from './fake-store.ts';

let opened: FakeStore;
beforeEach(async () => {
  opened = await openFakeStore({ attempt: 1500, total: 2000 });
  putPool('a', '192.168.0.10-192.168.0.12');
});
afterEach(() => opened.close());

describe('how many requests it takes', () => {
  // On a busy machine an answer may take longer than what the tests of faults wait for.
  beforeEach(async () => {
    await opened.close();
    opened = await openFakeStore();
    putPool('a', '192.168.0.10-192.168.0.12');
  });

  it('three for an allocation, none of them a list', async () => {
    await allocate(request());
    expect(asked(opened.fake)).toStrictEqual(['GET ippools/a', 'POST ipallocations', 'GET ippools/a']);
    expect(opened.fake.connections()).toBe(1);
  });

  it('three for an allocation that is asked for again: the pool, and what the journal knows', async () => {
    const {
      allocations: [held],
    } = await allocate(request());
    if (held === undefined) throw new Error('nothing is held');
    const before = opened.fake.seen.length;
    await allocate({ ...request(), known: [held] });
    expect(asked(opened.fake).slice(before)).toStrictEqual([
      'GET ippools/a',
      `GET ipallocations/a.${formatAddress(held.address)}`,
    ]);
  });

  it('one for a release', async () => {
    const {
      allocations: [held],
    } = await allocate(request());
    if (held === undefined) throw new Error('nothing is held');
    const before = opened.fake.seen.length;
    expect(await opened.store.release(held)).toBe('released');
    expect(asked(opened.fake).slice(before)).toStrictEqual(['DELETE ipallocations/a.' + formatAddress(held.address)]);
  });

  it('one for a release of what the journal has noted, unless that is another one by now', async () => {
    const made = await allocate(request());
    const [{ address: first } = { address: address('0.0.0.0') }] = made.allocations;
    const name = `ipallocations/a.${formatAddress(first)}`;
    const before = opened.fake.seen.length;
    const again = { store: opened.store, owner: owner('c'), held: made.allocations };
    expect(await releaseHeld(again)).toHaveLength(1);
    expect(asked(opened.fake).slice(before)).toStrictEqual([`DELETE ${name}`]);

    await allocate({ ...request(), owner: owner('x'), requested: [{ address: first }] });
    expect(await releaseHeld(again)).toHaveLength(0);
    expect(opened.fake.objects.names(allocations)).toHaveLength(1);
    expect(await releaseHeld({ ...again, owner: owner('x') })).toHaveLength(1);
  });

  it('one more where the pool selects Namespaces', async () => {
    putPool('b', '192.168.0.20-192.168.0.22', { namespaceSelector: { matchLabels: { team: 'blue' } } });
    putNamespace('default', { team: 'blue' });
    await allocate({ ...request(), pools: ['b'] });
    expect(asked(opened.fake)).toStrictEqual([
      'GET ippools/b',
      'GET namespaces/default',
      'POST ipallocations',
      'GET ippools/b',
    ]);
  });
});

describe('an API server that fails', () => {
  const passing: readonly [string, Fault][] = [
    ['loses the answer', { kind: 'lose answer' }],
    ['cuts the answer', { kind: 'cut in mid-body' }],
    ['cuts the connection', { kind: 'cut' }],
    ['has no leader', { kind: 'status', status: 500 }],
    ['has too many requests', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
    ['hangs', { kind: 'hang' }],
  ];
  const each = ['GET', 'POST', 'DELETE'].flatMap((method) =>
    passing.map(([what, fault]): [string, string, Fault] => [method, what, fault]),
  );

  it.each(each)('at a %s, and %s, gives one address and takes it back', async (method, _what, fault) => {
    opened.fake.fault = onceOn(method, fault);
    const { created } = await allocate(request());
    expect(created).toHaveLength(1);
    expect(opened.fake.objects.names(allocations)).toHaveLength(1);
    for (const one of created) expect(await opened.store.release(one)).toBe('released');
    expect(opened.fake.objects.names(allocations)).toStrictEqual([]);
  });

  it('and stays down, is "try again later", and leaves nothing', async () => {
    await opened.fake.shut();
    expect(await failureOf(allocate(request()))).toMatchObject({ kind: 'unavailable' });
    await opened.fake.open();
    expect(opened.fake.objects.names(allocations)).toStrictEqual([]);
  });

  it('and never answers a create leaves the caller in doubt, and says so', async () => {
    opened.fake.fault = ({ method }) => (method === 'POST' ? { kind: 'lose answer' } : undefined);
    const pool = await opened.store.readPool('a');
    opened.fake.fault = ({ method }) => (method === 'GET' ? { kind: 'cut' } : { kind: 'lose answer' });
    const failure = await failureOf(opened.store.create(pool, address('192.168.0.10'), owner('c')));
    expect(failure).toBeInstanceOf(Leftover);
    expect(failure).toMatchObject({ kind: 'unavailable' });
  });

  it('and loses the answer to a create, and does not let us see whose the address is, leaves the caller in doubt', async () => {
    const pool = await opened.store.readPool('a');
    const lost = onceOn('POST', { kind: 'lose answer' });
    opened.fake.fault = (seen) => lost(seen) ?? (seen.method === 'GET' ? { kind: 'status', status: 403 } : undefined);
    const failure = await failureOf(opened.store.create(pool, address('192.168.0.10'), owner('c')));
    expect(failure).toBeInstanceOf(Leftover);
    expect(failure).toMatchObject({ kind: 'refused' });
  });

  it('and cannot say whether the pool is still there keeps the caller in doubt, if nothing can be taken back', async () => {
    const pool = await opened.store.readPool('a');
    opened.fake.fault = ({ method }) => (method === 'POST' ? undefined : { kind: 'status', status: 503 });
    const failure = await failureOf(opened.store.create(pool, address('192.168.0.10'), owner('c')));
    expect(failure).toBeInstanceOf(Leftover);
  });

  it('and refuses is quoted, and leaves no doubt', async () => {
    opened.fake.fault = onceOn('POST', { kind: 'status', status: 403, message: 'not your Node' });
    const failure = await failureOf(allocate(request()));
    expect(failure).toMatchObject({ kind: 'refused' });
    expect(failure.message).toContain('not your Node');
    expect(failure).not.toBeInstanceOf(Leftover);
  });

  it('and has no such kinds tells what to apply', async () => {
    opened.fake.fault = () => ({ kind: 'text', status: 404, text: '404 page not found\n' });
    expect((await failureOf(opened.store.readPool('a'))).message).toContain('apply deploy/crds.yaml');
  });

  it('and stores what we could not have written does not mislead us', async () => {
    opened.fake.objects.put(`${allocations}/a.192.168.0.10`, {
      metadata: { name: 'a.192.168.0.10' },
      spec: { pool: 'b', address: '192.168.0.10', phase: 'Allocated', owner: { network: 'n' } },
    });
    const failure = await failureOf(opened.store.get('a', address('192.168.0.10')));
    expect(failure).toMatchObject({ kind: 'ipam' });
    expect(failure.message).toContain('IPAllocation a.192.168.0.10 is not valid: metadata.name');
  });
});

describe('a create that is delivered after its caller has given up', () => {
  it('is found by whoever looks again when it has come', async () => {
    const { promise: deleted, resolve } = Promise.withResolvers<void>();
    opened.fake.fault = ({ method }) => (method === 'POST' ? { kind: 'deliver late', until: deleted } : undefined);
    expect(await failureOf(allocate(request()))).toBeInstanceOf(Leftover);
    const again = { store: opened.store, filter: { containerID: 'c', ifName: 'net1' }, pools: ['a'] };
    expect(await releaseFound(again)).toHaveLength(0);
    resolve();
    await until(() => opened.fake.objects.names(allocations).length > 0, { what: 'the late create' });
    expect(await releaseFound(again)).toHaveLength(1);
    expect(opened.fake.objects.names(allocations)).toStrictEqual([]);
  });
});

describe('a pool', () => {
  it('that does not exist is named, and the server too', async () => {
    const { kind, message } = await failureOf(opened.store.readPool('nowhere'));
    expect(kind).toBe('ipam');
    expect(message).toContain(`pool nowhere does not exist in ${opened.fake.url}`);
  });

  it('that is full is exhausted by one list, and says so', async () => {
    for (const container of ['x', 'y', 'z']) await allocate({ ...request(), owner: owner(container) });
    const before = opened.fake.seen.length;
    const { kind, message } = await failureOf(allocate(request()));
    expect(kind).toBe('ipam');
    expect(message).toContain('exhausted pool a (all 3 addresses are held)');
    expect(
      asked(opened.fake)
        .slice(before)
        .filter((one) => one.startsWith('LIST')),
    ).toHaveLength(1);
  });

  it('that is being deleted gives nothing', async () => {
    opened.fake.objects.put(`${pools}/a`, {
      ...manifest({ name: 'a', ranges: ['192.168.0.10-192.168.0.12'] }),
      metadata: { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
    expect((await failureOf(allocate(request()))).message).toContain('pool a is being deleted');
  });

  it.each([
    ['deleted', () => opened.fake.objects.remove(`${pools}/a`)],
    ['deleted and made again', () => putPool('a', '192.168.0.10-192.168.0.12')],
  ])('that is %s while we allocate from it keeps nothing', async (_name, change) => {
    opened.fake.fault = ({ method }) => {
      if (method === 'POST') change();
      return undefined;
    };
    expect((await failureOf(allocate(request()))).message).toMatch(/does not exist|is being deleted/);
    expect(opened.fake.objects.names(allocations)).toStrictEqual([]);
  });

  it('that is looked at after the create need not be waited for', async () => {
    const unconfirmed: Promise<void>[] = [];
    opened.fake.fault = ({ method }) => {
      if (method === 'POST') opened.fake.objects.remove(`${pools}/a`);
      return undefined;
    };
    const { created } = await allocate({ ...request(), onUnconfirmed: (one) => unconfirmed.push(one) });
    expect([created, unconfirmed]).toMatchObject([{ length: 1 }, { length: 1 }]);
    await expect(Promise.all(unconfirmed)).rejects.toMatchObject({ kind: 'ipam' });
    expect(opened.fake.objects.names(allocations)).toHaveLength(1);
  });

  it('that has the same addresses as another one has its own allocations', async () => {
    putPool('b', '192.168.0.10-192.168.0.10');
    const pool = await opened.store.readPool('a');
    const other = await opened.store.readPool('b');
    const same = address('192.168.0.10');
    expect(await opened.store.create(pool, same, owner('x'))).toMatchObject({ created: true });
    expect(await opened.store.create(other, same, owner('y'))).toMatchObject({ created: true });
    expect(opened.fake.objects.names(allocations)).toStrictEqual(['a.192.168.0.10', 'b.192.168.0.10']);
  });

  it.each<[string, Record<string, string> | undefined, RegExp]>([
    ['has other labels', { team: 'red' }, /Namespace default may not use pool b/],
    ['has none', {}, /Namespace default may not use pool b/],
    ['does not exist', undefined, /Namespace default does not exist/],
  ])('that selects Namespaces gives nothing to a Pod whose Namespace %s', async (_name, labels, message) => {
    putPool('b', '192.168.0.20-192.168.0.22', { namespaceSelector: { matchLabels: { team: 'blue' } } });
    if (labels !== undefined) putNamespace('default', labels);
    expect((await failureOf(allocate({ ...request(), pools: ['b'] }))).message).toMatch(message);
    expect(opened.fake.objects.names(allocations)).toStrictEqual([]);
  });

  it('that selects Namespaces gives nothing to whoever has none', async () => {
    putPool('b', '192.168.0.20-192.168.0.22', { namespaceSelector: { matchLabels: { team: 'blue' } } });
    const { pod, network } = owner('c');
    const nobody = { network, pod: { ...pod, namespace: '' } };
    const failure = await failureOf(allocate({ ...request(), pools: ['b'], owner: nobody }));
    expect(failure.message).toContain('K8S_POD_NAMESPACE');
  });
});

describe('many allocations', () => {
  it('are found in pages, though some are not ours and some are not valid', async () => {
    const pool = readPool(manifest({ name: 'big', ranges: ['10.0.0.0/16'], gateway: '10.0.0.1', prefixLength: 16 }));
    for (let index = 0; index < 1203; index++) {
      const text = `10.0.${4 + (index >> 8)}.${index & 255}`;
      const spec = {
        pool: pool.name,
        poolUID: 'u',
        address: text,
        phase: 'Allocated',
        owner: { network: 'n', pod: { node: index % 2 === 0 ? 'n1' : 'n2' } },
      };
      opened.fake.objects.put(`${allocations}/big.${text}`, { metadata: { name: `big.${text}` }, spec });
    }
    opened.fake.objects.put(`${allocations}/big.broken`, {
      metadata: { name: 'big.broken' },
      spec: { pool: 'big', owner: { pod: { node: 'n1' } } },
    });
    expect(await collect(opened.store.find({}, 'big'))).toHaveLength(1203);
    expect(await collect(opened.store.find({ node: 'n1' }))).toHaveLength(602);
    expect(opened.fake.seen).toHaveLength(5);
  });

  it('whose list the API server has forgotten between two pages are to be looked for later', async () => {
    opened.fake.fault = ({ query }) => (query.has('continue') ? { kind: 'status', status: 410 } : undefined);
    for (let index = 0; index < 501; index++)
      opened.fake.objects.put(`${allocations}/big.${index}`, { spec: { pool: 'big' } });
    const failure = await failureOf(collect(opened.store.find({}, 'big')));
    expect(failure).toMatchObject({ kind: 'unavailable' });
    expect(failure.message).toContain('got too old while it was read: try again');
  });
});

function request(): AllocateRequest {
  return { store: opened.store, owner: owner('c'), pools: ['a'], addresses: [], requested: [], known: [] };
}

function putPool(name: string, range: string, spec: object = {}): void {
  const sample = manifest({ name, ranges: [range] });
  opened.fake.objects.put(`${pools}/${name}`, { ...sample, spec: { ...objectOf(sample['spec']), ...spec } });
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function putNamespace(name: string, labels: Record<string, string>): void {
  opened.fake.objects.put(`/api/v1/namespaces/${name}`, { metadata: { name, labels } });
}

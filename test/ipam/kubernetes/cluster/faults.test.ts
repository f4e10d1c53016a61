import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inParallel } from '../../../../src/controller/in-parallel.ts';
import { allocate } from '../../../../src/ipam/allocator.ts';
import { formatAddress } from '../../../../src/ipam/address.ts';
import { Leftover } from '../../../../src/ipam/leftover.ts';
import { createKubernetesPools } from '../../../../src/ipam/kubernetes/pools.ts';
import { createKubernetesStore } from '../../../../src/ipam/kubernetes/store.ts';
import { releaseFound } from '../../../../src/ipam/release.ts';
import type { Allocation, Owner, Store } from '../../../../src/ipam/store.ts';
import { createClient, type Limits } from '../../../../src/kube/client.ts';
import { readKubeconfig } from '../../../../src/kube/kubeconfig.ts';
import { Failure } from '../../../../src/system/failure.ts';
import { files } from '../../../../src/system/files.ts';
import { deadlineIn } from '../../../../src/system/time.ts';
import type { Cluster } from '../../../cluster/cluster.ts';
import { startDeployedCluster } from '../../../cluster/deployed.ts';
import type { Credentials } from '../../../cluster/kubeconfig.ts';
import { makeNamespace, makeNode } from '../../../cluster/objects.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { createResources } from '../../../fixture/resources.ts';
import { makeTempDir } from '../../../fixture/unique.ts';
import { until } from '../../../fixture/until.ts';
import { failureOf } from '../../../kube/failure-of.ts';
import { startTcpProxy } from '../../../kube/tcp-proxy.ts';
import { manifest, owner } from '../../sample.ts';
import { collect } from '../../store-conformance.ts';
import { allocations, empty, pluginCredentials } from './cluster-store.ts';

const tools = await findClusterTools();
const resources = createResources();
let cluster: Cluster;
let plugin: Credentials;

beforeAll(async () => {
  if (tools.dir === undefined) return;
  cluster = await startDeployedCluster();
  plugin = await pluginCredentials(cluster, 'node-1');
});
afterEach(async () => {
  await resources.release();
  if (tools.dir !== undefined) await empty(cluster);
});
afterAll(() => (tools.dir === undefined ? undefined : cluster.stop()));

describe.skipIf(tools.dir === undefined)('the audit log of the API server', () => {
  it('has three requests for an ADD and one for a release by name, and no list', async () => {
    await putPool('a', ['10.1.0.0/24']);
    const store = open();
    const before = (await ownRequests()).length;
    const { created } = await allocate(request(store));
    for (const one of created) await store.release(one);
    expect((await ownRequests()).slice(before)).toStrictEqual([
      'get ippools',
      'create ipallocations',
      'get ippools',
      'delete ipallocations',
    ]);
  });

  it('has one more where the pool selects Namespaces, and the labels of the Namespace decide', async () => {
    await putPool('a', ['10.1.0.0/24'], { namespaceSelector: { matchLabels: { team: 'blue' } } });
    await makeNamespace(cluster.admin, 'blue', { team: 'blue' });
    const before = (await ownRequests()).length;
    await allocate({ ...request(open()), owner: ownerIn('blue') });
    expect((await ownRequests()).slice(before)).toStrictEqual([
      'get ippools',
      'get namespaces',
      'create ipallocations',
      'get ippools',
    ]);
    expect(await failureOf(allocate({ ...request(open()), owner: ownerIn('default') }))).toMatchObject({
      kind: 'ipam',
    });
  });
});

describe.skipIf(tools.dir === undefined)('many at once', () => {
  it.each([
    ['128', ['10.1.0.1-10.1.0.128'], 100],
    ['100', ['10.1.0.1-10.1.0.100'], 100],
  ])('from a pool of %s addresses get one each, and nobody gets none', async (_size, ranges, count) => {
    await putPool('a', ranges);
    const given = await Promise.all(Array.from({ length: count }, (_, index) => allocateOnce(`c${index}`)));
    expect(new Set(given).size).toBe(count);
    expect(await collect(open().find({}, 'a'))).toHaveLength(count);
    if (ranges[0] === '10.1.0.1-10.1.0.100')
      expect((await failureOf(allocate(request(open(), 'one-more')))).message).toContain('exhausted pool a');
  });
});

describe.skipIf(tools.dir === undefined)('an API server that goes away', () => {
  it('while two hundred start, costs nobody an address, and nobody has two', async () => {
    await putPool('a', ['10.1.0.0/16']);
    const names = Array.from({ length: 200 }, (_, index) => `c${index}`);
    let done = 0;
    const given: (string | undefined)[] = [];
    // Not all at once: what is answered may come all at once, too, before it is seen that a burst is under way.
    const work = inParallel(names, {
      limit: 50,
      signal: new AbortController().signal,
      work: async (name) => {
        given.push(await persistently(() => allocateOnce(name)));
        done += 1;
      },
    });
    await until(() => done > 20, { what: 'a burst that is under way', everyMs: 1 });
    await cluster.kill();
    expect(done).toBeLessThan(200);
    await cluster.restart();
    expect(await work).toStrictEqual([]);
    expect(new Set(given).size).toBe(200);
    const held = await collect(open().find({}, 'a'));
    expect(held.map(({ owner: { pod } }) => pod.containerID).toSorted()).toStrictEqual(names.toSorted());
    await Promise.all(names.map((name) => persistently(() => releaseAllOf(name))));
    expect(await collect(open().find({}, 'a'))).toStrictEqual([]);
  });

  it('and is stopped in the midst of requests is waited for', async () => {
    await putPool('a', ['10.1.0.0/24']);
    const { promise: waiting, resolve: onWait } = Promise.withResolvers<void>();
    const store = open({ limits: { attempt: 300, total: 20_000 }, onWait });
    await store.readPool('a');
    cluster.apiserver.pause();
    const allocated = allocate(request(store));
    await waiting;
    cluster.apiserver.resume();
    expect((await allocated).created).toHaveLength(1);
    expect(await collect(open().find({}, 'a'))).toHaveLength(1);
  });

  it('and whose proxy delivers a create after its DEL leaves an address that the next look finds', async () => {
    await putPool('a', ['10.1.0.0/24']);
    const proxy = await resources.use(startTcpProxy(cluster.port));
    const store = open({ port: proxy.port, limits: { attempt: 2000, total: 3000 } });
    const pool = await store.readPool('a');
    proxy.hold();
    const [first] = await collectOne(store.candidates(pool));
    if (first === undefined) throw new Error('there is a free address');
    expect(await failureOf(store.create(pool, first, owner('c')))).toBeInstanceOf(Leftover);
    expect(await releaseAllOf('c')).toHaveLength(0);
    proxy.release();
    await until(async () => (await cluster.admin.list(allocations)).length === 1, { what: 'the late create' });
    expect(await releaseAllOf('c')).toHaveLength(1);
    expect(await cluster.admin.list(allocations)).toStrictEqual([]);
  });
});

describe.skipIf(tools.dir === undefined)('credentials', () => {
  it('may be a token file that is renewed while we run', async () => {
    await putPool('a', ['10.1.0.0/24']);
    const dir = await resources.use(makeTempDir('token'));
    const tokenFile = join(dir.path, 'token');
    writeFileSync(tokenFile, 'token' in plugin ? plugin.token : '');
    const store = open({ credentials: { tokenFile } });
    expect((await store.readPool('a')).name).toBe('a');
    writeFileSync(tokenFile, 'not-valid');
    expect(await failureOf(store.readPool('a'))).toMatchObject({ kind: 'unavailable' });
    const renewed = await pluginCredentials(cluster, 'node-1');
    writeFileSync(tokenFile, 'token' in renewed ? renewed.token : '');
    expect((await store.readPool('a')).name).toBe('a');
  });

  it('may be a client certificate', async () => {
    await putPool('a', ['10.1.0.0/24']);
    const pair = await cluster.authority.issue({ name: 'somebody', subject: '/O=system:masters/CN=somebody' });
    expect((await open({ credentials: { clientCertificate: pair } }).readPool('a')).name).toBe('a');
  });

  it('of another Node are refused, in words of the API server', async () => {
    await putPool('a', ['10.1.0.0/24']);
    await makeNode(cluster.admin, 'node-2');
    const store = open({ credentials: await pluginCredentials(cluster, 'node-2') });
    const { kind, message } = await failureOf(allocate(request(store)));
    expect(kind).toBe('refused');
    expect(message).toContain('only allocations whose owner.pod.node is node-2');
    const { created } = await allocate(request(open()));
    for (const one of created) expect(await failureOf(store.release(one))).toMatchObject({ kind: 'refused' });
  });
});

interface Opening {
  readonly credentials?: Credentials;
  readonly limits?: Limits;
  readonly port?: number;
  /** Called when a request has failed and will be tried again. */
  readonly onWait?: () => void;
}

/** As a process of its own. */
function open({ credentials = plugin, limits, port, onWait }: Opening = {}): Store {
  const access = readKubeconfig(files, cluster.kubeconfig(credentials));
  const server = { ...access.server, ...(port !== undefined && { port }) };
  const client = createClient({
    access: { ...access, server },
    deadline: deadlineIn(60_000),
    time: {
      deadlineIn,
      sleep: async (milliseconds) => {
        onWait?.();
        await after(milliseconds);
      },
    },
    ...(limits && { limits }),
  });
  resources.defer(() => client.close());
  return createKubernetesStore({ client });
}

async function putPool(name: string, ranges: readonly string[], spec: object = {}): Promise<void> {
  const access = readKubeconfig(files, cluster.kubeconfig({ token: cluster.adminToken }));
  const client = createClient({ access, deadline: deadlineIn(60_000) });
  resources.defer(() => client.close());
  const pool = manifest({ name, ranges, gateway: '10.1.255.254', prefixLength: 16 });
  const { spec: plain } = pool;
  const whole = { ...pool, spec: { ...(typeof plain === 'object' ? plain : {}), ...spec } };
  await createKubernetesPools(client).applyPool(whole, { force: false });
}

function request(store: Store, containerID = 'c') {
  return { store, owner: owner(containerID), pools: ['a'], addresses: [], requested: [], known: [] };
}

function ownerIn(namespace: string): Owner {
  const { network, pod } = owner('c');
  return { network, pod: { ...pod, namespace } };
}

/** An ADD as the plugin does it after one that failed: first it looks for what that one may have taken. */
async function allocateOnce(containerID: string): Promise<string | undefined> {
  const store = open();
  const asked = request(store, containerID);
  const known = attempts.has(containerID) ? await collect(store.find({ containerID }, 'a')) : [];
  attempts.add(containerID);
  const { ips } = await allocate({ ...asked, known });
  return ips[0] && formatAddress(ips[0].address);
}

const attempts = new Set<string>();

async function releaseAllOf(containerID: string): Promise<readonly Allocation[]> {
  return releaseFound({ store: open(), filter: { containerID }, pools: ['a'] });
}

/** As a runtime does it: once more, as long as it is told to try again later. */
async function persistently<T>(step: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await step();
    } catch (error) {
      if (tries === 20 || !(error instanceof Failure) || !['unavailable', 'refused'].includes(error.kind)) throw error;
    }
  }
}

/** What the plugin has asked for, as the audit log has it. */
async function ownRequests(): Promise<string[]> {
  const own = (await cluster.audited()).filter(({ user }) => user === 'system:serviceaccount:antrea-cni:plugin');
  return own.map(({ verb, resource }) => `${verb} ${resource}`);
}

async function collectOne<T>(from: AsyncIterable<T>): Promise<T[]> {
  for await (const one of from) return [one];
  return [];
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Begun } from '../../../src/agent-protocol/begun.ts';
import { openExchange } from '../../../src/agent-protocol/exchange.ts';
import { createAgentStore } from '../../../src/ipam/by-agent/store.ts';
import { allocate } from '../../../src/ipam/allocator.ts';
import { formatAddress } from '../../../src/ipam/address.ts';
import { createKubernetesStore } from '../../../src/ipam/kubernetes/store.ts';
import { Leftover } from '../../../src/ipam/leftover.ts';
import type { Store } from '../../../src/ipam/store.ts';
import { textAt, type JsonObject } from '../../fixture/json.ts';
import { createResources } from '../../fixture/resources.ts';
import { failureOf } from '../../kube/failure-of.ts';
import { allocations, asked, openFakeStore, pools, type FakeStore } from '../kubernetes/fake-store.ts';
import { address, manifest, owner } from '../sample.ts';
import { startScriptedAgent, type Script, type ScriptedAgent } from '../../agent-protocol/scripted-agent.ts';

const resources = createResources();
let fake: FakeStore;
let reasons: string[];
/** Requests before the test. */
let before: number;

beforeEach(async () => {
  fake = await openFakeStore();
  resources.defer(() => fake.close());
  reasons = [];
  await fake.admin.applyPool(manifest({ name: 'a', ranges: ['192.168.0.0/24'] }), { force: false });
  before = fake.fake.seen.length;
});
afterEach(resources.release);

describe('an agent that does its work', () => {
  it('is asked twice for an address and once for a release, and the API server not at all', async () => {
    const { seen, store } = await agentWith(asAgent);
    const { ips, created } = await allocate(request(store));
    expect(ips.map((ip) => formatAddress(ip.address))).toStrictEqual(['192.168.0.7']);
    for (const one of created) expect(await store.release(one)).toBe('released');
    expect(seen.map((one) => one['op'])).toStrictEqual(['pool', 'create', 'release']);
    expect(reasons).toStrictEqual([]);
    expect(held()).toStrictEqual([]);
  });

  it.each([
    [{ kind: 'ipam', message: 'it is so' }, 'Failure'],
    [{ kind: 'ipam', message: 'it is so', leftover: true }, 'Leftover'],
  ])('is believed when it says %j', async (error, name) => {
    const { store } = await agentWith(async (asking) => (asking['op'] === 'create' ? { error } : asAgent(asking)));
    const failure = await failureOf(allocate(request(store)));
    expect(failure).toMatchObject({ kind: 'ipam', message: 'it is so', name });
    expect(asked(fake.fake).slice(before)).toStrictEqual([]);
  });
});

const begun = (): readonly Begun[] => [{ pool: 'a', address: '192.168.0.7', attempt: 'abc' }];

describe('what the agent has begun for the attachment that asks', () => {
  it('is asked for by its own attempt', async () => {
    const { seen, store } = await agentWith(asAgent, begun);
    await allocate(request(store));
    expect(seen.find((one) => one['op'] === 'create')).toMatchObject({ address: '192.168.0.7', attempt: 'abc' });
  });

  it.each([
    ['is gone before it was asked', async () => undefined],
    [
      'is gone before it has answered',
      async (asking: JsonObject) => (asking['op'] === 'create' ? undefined : asAgent(asking)),
    ],
  ] satisfies [string, Script][])('is what the API server is asked for when the agent %s', async (_what, script) => {
    const { store } = await agentWith(script, begun);
    await asAgent({ op: 'create', address: '192.168.0.7', attempt: 'abc' });
    const { ips, created } = await allocate(request(store));
    expect(ips.map((ip) => formatAddress(ip.address))).toStrictEqual(['192.168.0.7']);
    expect(created).toHaveLength(1);
    expect(held()).toHaveLength(1);
  });
});

describe('where the agent does not answer, the API server is asked itself:', () => {
  it('nobody listens', async () => {
    const store = storeAt('/nowhere/agent.sock');
    const { created } = await allocate(request(store));
    expect(asked(fake.fake).slice(before)).toStrictEqual(['GET ippools/a', 'POST ipallocations', 'GET ippools/a']);
    for (const one of created) expect(await store.release(one)).toBe('released');
    expect(reasons[0]).toBe('ENOENT');
  });

  it.each<[string, Script]>([
    ['it hangs up', async () => undefined],
    ['it says something that is no JSON', async () => 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['it speaks another version', async () => `${JSON.stringify({ v: 2, id: 1, pool: {} })}\n`],
    ['it is busy', async () => ({ error: { kind: 'unavailable', message: 'the agent is busy: try again later' } })],
    ['it has no rights', async () => ({ error: { kind: 'refused', message: 'forbidden' } })],
    ['its pool makes no sense', async () => ({ pool: { metadata: { name: 'a' } } })],
    ['it answers nothing', async () => ({})],
  ])('%s', async (_what, script) => {
    const { store } = await agentWith(script);
    const { created } = await allocate(request(store));
    expect(created).toHaveLength(1);
    expect(asked(fake.fake).slice(before)).toStrictEqual(['GET ippools/a', 'POST ipallocations', 'GET ippools/a']);
    expect(reasons).not.toStrictEqual([]);
    for (const one of created) expect(await store.release(one)).toBe('released');
    expect(held()).toStrictEqual([]);
  });
});

describe('an agent that is lost with the answer', () => {
  it('when it had created the address: it is this call’s, and no other one is created', async () => {
    const { store } = await agentWith(async (asking) => {
      const answer = await asAgent(asking);
      return asking['op'] === 'create' ? undefined : answer;
    });
    const { created } = await allocate(request(store));
    expect(created.map((one) => formatAddress(one.address))).toStrictEqual(['192.168.0.7']);
    expect(held()).toStrictEqual(['a.192.168.0.7']);
  });

  it('when it had not yet: the very address is created, so that a late one finds it taken', async () => {
    const { store } = await agentWith(async (asking) => (asking['op'] === 'create' ? undefined : asAgent(asking)));
    const { created } = await allocate(request(store));
    expect(created.map((one) => formatAddress(one.address))).toStrictEqual(['192.168.0.7']);
    expect(held()).toStrictEqual(['a.192.168.0.7']);
  });

  it('and the API server with it: whoever keeps a journal is told that something may be left', async () => {
    const { store } = await agentWith(async (asking) => (asking['op'] === 'create' ? undefined : asAgent(asking)));
    fake.fake.fault = ({ method }) => (method === 'POST' ? { kind: 'cut' } : undefined);
    expect(await failureOf(allocate(request(store)))).toBeInstanceOf(Leftover);
  });

  it('when it had released: that is what this call has done', async () => {
    const { store } = await agentWith(async (asking) => {
      const answer = await asAgent(asking);
      return asking['op'] === 'release' ? undefined : answer;
    });
    const { created } = await allocate(request(store));
    for (const one of created) expect(await store.release(one)).toBe('released');
    expect(held()).toStrictEqual([]);
  });
});

describe('networks of one Pod that share a pool', () => {
  it('get what the agent offers to each', async () => {
    const { seen, store } = await agentWith(asAgent);
    const pool = await store.readPool('a');
    for await (const _first of store.candidates(pool)) break;
    for await (const _second of store.candidates(pool)) break;
    expect(seen.map((one) => `${String(one['op'])} ${String(one['search'])}`)).toStrictEqual(['pool 1', 'pool 2']);
  });
});

/** As an agent does it whose own way to the API server is another one. */
async function asAgent(asking: JsonObject): Promise<JsonObject> {
  const own = createKubernetesStore({ client: fake.client });
  const at = address(textAt(asking, 'address') ?? '192.168.0.7');
  switch (asking['op']) {
    case 'pool':
      return { pool: fake.fake.objects.get(`${pools}/a`), address: '192.168.0.7' };
    case 'create': {
      const attempt = textAt(asking, 'attempt') ?? '';
      const { allocation } = await own.createOnce({
        pool: await own.readPool('a'),
        address: at,
        owner: owner('c'),
        attempt,
      });
      return { version: allocation.version };
    }
    case 'release': {
      const found = await own.get('a', at);
      return { outcome: found === undefined ? 'absent' : await own.release(found) };
    }
    default:
      return {};
  }
}

async function agentWith(
  script: Script,
  onRecord?: () => readonly Begun[],
): Promise<Pick<ScriptedAgent, 'seen'> & { readonly store: Store }> {
  const { path, seen, stop } = await startScriptedAgent(script);
  resources.defer(stop);
  return { seen, store: storeAt(path, onRecord) };
}

function storeAt(path: string, onRecord: () => readonly Begun[] = () => []): Store {
  const exchange = openExchange(path);
  resources.defer(() => exchange.close());
  const direct = createKubernetesStore({ client: fake.client });
  return createAgentStore({ exchange, direct, begun: onRecord, onNoAnswer: (reason) => reasons.push(reason) });
}

function request(store: Store): Parameters<typeof allocate>[0] {
  return { store, owner: owner('c'), pools: ['a'], addresses: [], requested: [], known: [] };
}

function held(): readonly string[] {
  return fake.fake.objects.names(allocations);
}

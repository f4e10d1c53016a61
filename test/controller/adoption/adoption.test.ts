import { expect, it } from 'vitest';
import { adoptionDuty } from '../../../src/controller/adoption/adoption.ts';
import type { Context } from '../../../src/controller/context.ts';
import { createKept } from '../../../src/kube/watch/kept.ts';
import { createMetrics } from '../../../src/controller/metrics.ts';
import { readPoolState, type PoolState } from '../../../src/controller/pools.ts';
import type { KubeAnswer, KubeRequest } from '../../../src/kube/client.ts';
import { until } from '../../fixture/until.ts';
import { manifest } from '../../ipam/sample.ts';

const owner = { statefulSet: { namespace: 'default', name: 'db', index: 0 } };
const pool = {
  ...manifest({ name: 'a', ranges: ['192.168.0.0/24'] }),
  metadata: { name: 'a', uid: 'a-uid', resourceVersion: '7' },
  status: { ipAddresses: Array.from({ length: 60 }, (_, index) => ({ ipAddress: `192.168.0.${index + 2}`, owner })) },
};

/** An API server that has this pool, and takes everything; `onRequest` is called before each answer. */
function start(onRequest: (request: KubeRequest) => void): { readonly sent: readonly KubeRequest[]; stop: () => void } {
  const end = new AbortController();
  const sent: KubeRequest[] = [];
  const send = async (request: KubeRequest): Promise<KubeAnswer> => {
    sent.push(request);
    onRequest(request);
    await Promise.resolve();
    return { status: request.method === 'POST' ? 201 : 200, body: pool, uncertain: false };
  };
  const kept = createKept<PoolState>(log);
  kept.put(pool, readPoolState(pool));
  const context: Context = {
    api: { client: { send, server: 'test', close: log }, openWatch: unused, close: log },
    pools: kept.collection,
    allocations: { ...createKept<never>(log).collection, ofPool: unused },
    metrics: createMetrics(),
    log,
    signal: end.signal,
  };
  adoptionDuty(log)(context);
  return { sent, stop: () => end.abort() };
}

function log(): void {}

function unused(): never {
  throw new Error('not for adoption');
}

it('says that a pool is adopted when each of its entries is, and not before', async () => {
  const { sent, stop } = start(() => undefined);
  await until(() => sent.some(({ method }) => method === 'PATCH'), { what: 'the condition' });
  stop();
  expect(sent.map(({ method }) => method)).toStrictEqual(['GET', ...Array.from({ length: 60 }, () => 'POST'), 'PATCH']);
  expect(sent.at(-1)?.body).toMatchObject({ metadata: { uid: 'a-uid', resourceVersion: '7' } });
});

it('does not say so while one of them is unsettled: all are gone through once more', async () => {
  let failures = 0;
  const { sent, stop } = start(({ method }) => {
    if (method !== 'POST' || failures === 1) return;
    failures += 1;
    throw new Error('no answer');
  });
  await until(() => sent.some(({ method }) => method === 'PATCH'), { what: 'the condition' });
  stop();
  const posts = Array.from({ length: 60 }, () => 'POST');
  expect(sent.map(({ method }) => method)).toStrictEqual(['GET', ...posts, 'GET', ...posts, 'PATCH']);
});

it('does not say so when the controller stops to lead halfway', async () => {
  const created: KubeRequest[] = [];
  const { sent, stop } = start((request) => {
    if (request.method === 'POST') created.push(request);
    if (created.length === 20) stop();
  });
  await until(() => created.length >= 20, { what: 'half of the work' });
  await until(() => created.length === sent.length - 1, { what: 'its end' });
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  expect(created.length).toBeLessThan(60);
  expect(sent.map(({ method }) => method)).not.toContain('PATCH');
});

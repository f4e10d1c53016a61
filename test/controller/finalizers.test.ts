import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Allocations } from '../../src/controller/allocations.ts';
import { startFinalizers } from '../../src/controller/finalizers.ts';
import { createKept } from '../../src/kube/watch/kept.ts';
import { createMetrics } from '../../src/controller/metrics.ts';
import { readPoolState, type PoolState } from '../../src/controller/pools.ts';
import { readAllocationObject } from '../../src/ipam/kubernetes/allocation-object.ts';
import type { Allocation } from '../../src/ipam/store.ts';
import type { KubeAnswer, KubeRequest } from '../../src/kube/client.ts';
import type { JsonObject } from '../../src/system/json-object.ts';
import { allocation } from '../cluster/allocations.ts';
import { finalizer } from '../cluster/pools.ts';
import { manifest } from '../ipam/sample.ts';

let stop: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

const held = allocation({ pool: 'a', address: '192.168.0.4' });
const object: JsonObject = { ...held, metadata: { ...held.metadata, uid: 'u', resourceVersion: '1' } };

/** @param inCluster what a LIST of the API server gives, whatever the watch has told */
function bench({ inCluster = [] }: { readonly inCluster?: readonly JsonObject[] } = {}) {
  const pools = createKept<PoolState>(() => {});
  const allocations = createKept<Allocation>(() => {});
  const cluster = { held: inCluster, losesFirst: 0, status: 200 };
  const requests: string[] = [];
  const told: string[] = [];
  const send = async ({ method, body }: KubeRequest): Promise<KubeAnswer> => {
    requests.push(method === 'GET' ? 'LIST' : JSON.stringify(body));
    if (method === 'PATCH' && cluster.losesFirst > 0) {
      cluster.losesFirst -= 1;
      throw new Error('no answer');
    }
    return {
      status: method === 'GET' ? 200 : cluster.status,
      body: { items: cluster.held, metadata: {} },
      uncertain: false,
    };
  };
  const view: Allocations = { ...allocations.collection, ofPool: () => new Set(allocations.collection.values()) };
  startFinalizers({
    api: { client: { send, server: 'test', close: () => {} }, openWatch: async () => ({}), close: () => {} },
    pools: pools.collection,
    allocations: view,
    metrics: createMetrics(),
    log: (_level, message) => void told.push(message),
    signal: stop.signal,
  });
  let version = 0;
  return {
    cluster,
    requests,
    told,
    show: (metadata: JsonObject, status: JsonObject = {}) => {
      version += 1;
      const pool = {
        ...manifest({ ranges: [] }),
        metadata: { name: 'a', uid: 'u', resourceVersion: String(version), ...metadata },
        status,
      };
      pools.put(pool, readPoolState(pool));
    },
    hold: () => allocations.put(object, readAllocationObject(object).allocation),
    release: () => allocations.remove(object),
  };
}

const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const patch = (...finalizers: readonly string[]): string =>
  JSON.stringify({ metadata: { uid: 'u', resourceVersion: '1', finalizers } });

describe('the finalizer of a pool', () => {
  it('is set beside those of others, in the state that was seen', async () => {
    const { requests, show } = bench();
    show({ finalizers: ['theirs'] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(requests).toEqual([patch('theirs', finalizer)]);
  });

  it('stays as long as nothing is deleted, and is not set on what is', async () => {
    const { requests, show } = bench();
    show({ finalizers: [finalizer] });
    show({ ...deleted, finalizers: ['theirs'] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(requests).toEqual([]);
  });

  it('is taken off when the last address is released, and the API server confirms it', async () => {
    const { hold, release, requests, show } = bench();
    hold();
    show({ ...deleted, finalizers: [finalizer, 'theirs'] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(requests).toEqual([]);
    release();
    await vi.advanceTimersByTimeAsync(1000);
    expect(requests).toEqual(['LIST', patch('theirs')]);
  });

  it.each([
    ['once it is taken off', 200, ['no address is held: the pool may go']],
    ['not when the pool was changed meanwhile', 409, []],
    ['not when the pool is gone', 404, []],
  ])('is told of in the log %s', async (...[, status, lines]) => {
    const { cluster, requests, show, told } = bench();
    cluster.status = status;
    show({ ...deleted, finalizers: [finalizer] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(requests).toEqual(['LIST', patch()]);
    expect(told).toEqual(lines);
  });

  it('stays when the API server has an address that the watch has not told of', async () => {
    const { cluster, requests, show } = bench({ inCluster: [object] });
    show({ ...deleted, finalizers: [finalizer] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(requests).toEqual(['LIST']);
    cluster.held = [];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(requests).toEqual(['LIST', 'LIST', patch()]);
  });

  it('stays while the status has addresses that are still to be taken over from another controller', async () => {
    const { requests, show } = bench();
    const status = { ipAddresses: [{ ipAddress: '192.168.0.5' }] };
    show({ ...deleted, finalizers: [finalizer] }, status);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(requests).toEqual([]);
    show({ ...deleted, finalizers: [finalizer] }, { ...status, conditions: [{ type: 'Adopted', status: 'True' }] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(requests).toEqual(['LIST', patch().replace('"1"', '"2"')]);
  });

  it('is tried again until it is done', async () => {
    const { cluster, requests, show } = bench();
    cluster.losesFirst = 2;
    show({});
    await vi.advanceTimersByTimeAsync(20_000);
    expect(requests).toEqual([patch(finalizer), patch(finalizer), patch(finalizer)]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Allocations } from '../../../src/controller/allocations.ts';
import { createKept } from '../../../src/kube/watch/kept.ts';
import { createMetrics } from '../../../src/controller/metrics.ts';
import { readPoolState, type PoolState } from '../../../src/controller/pools.ts';
import { conditionsIn } from '../../../src/controller/projection/conditions.ts';
import { keepTallies } from '../../../src/controller/projection/tallies.ts';
import { startProjection } from '../../../src/controller/projection/write.ts';
import { readAllocationObject } from '../../../src/ipam/kubernetes/allocation-object.ts';
import type { Allocation } from '../../../src/ipam/store.ts';
import type { KubeAnswer, KubeRequest } from '../../../src/kube/client.ts';
import { Failure } from '../../../src/system/failure.ts';
import { isJsonObject, type JsonObject } from '../../../src/system/json-object.ts';
import { allocation } from '../../cluster/allocations.ts';
import { manifest } from '../../ipam/sample.ts';

let stop: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

/** An API server with the pool `a`, and the controller's view of it, which is `behind` if told so. */
function bench(status: JsonObject = {}, ranges = ['192.168.0.4-192.168.0.8']) {
  const server = { version: 1, status, fail: 0, isBehind: false, ranges };
  const began = performance.now();
  const patches: { readonly at: number; readonly status: JsonObject }[] = [];
  const events: string[] = [];
  const object = (): JsonObject => {
    const sample = manifest({ name: 'a', ranges: server.ranges });
    const metadata = { name: 'a', uid: 'a-uid', generation: 1, resourceVersion: String(server.version) };
    return { ...sample, metadata, status: server.status };
  };
  const pools = createKept<PoolState>(() => {});
  const held = createKept<Allocation>(() => {});
  const allocations: Allocations = { ...held.collection, ofPool: () => new Set(held.collection.values()) };
  const watched = (): void => pools.put(object(), readPoolState(object()));
  const send = async ({ method, body = {} }: KubeRequest): Promise<KubeAnswer> => {
    if (server.fail > 0) {
      server.fail -= 1;
      throw new Failure('unavailable', 'away');
    }
    if (method === 'GET') return { status: 200, body: object(), uncertain: false };
    const request: JsonObject = { ...body };
    const { metadata } = request;
    if (isJsonObject(metadata) && metadata['resourceVersion'] !== String(server.version))
      return { status: 409, body: {}, uncertain: false };
    const patch = isJsonObject(request['status']) ? request['status'] : {};
    patches.push({ at: Math.round((performance.now() - began) / 100) * 100, status: patch });
    write(patch);
    return { status: 200, body: object(), uncertain: false };
  };
  const write = (patch: JsonObject): void => {
    server.version += 1;
    server.status = { ...server.status, ...patch };
    if (!server.isBehind) watched();
  };
  const metrics = createMetrics();
  const tallies = keepTallies({ pools: pools.collection, allocations });
  watched();
  startProjection(
    {
      api: { client: { send, server: 'test', close: () => {} }, openWatch: async () => ({}), close: () => {} },
      pools: pools.collection,
      allocations,
      metrics,
      log: () => {},
      signal: stop.signal,
    },
    { tallies, record: (_pool, { reason }) => void events.push(reason) },
  );
  return {
    server,
    patches,
    events,
    write,
    watched,
    metrics,
    hold: (last: number) => {
      const wanted = allocation({ pool: 'a', address: `192.168.0.${last}` });
      const made = { ...wanted, metadata: { ...wanted.metadata, uid: `uid-${last}`, resourceVersion: '1' } };
      held.put(made, readAllocationObject(made).allocation);
    },
  };
}

describe('writing the status of a pool', () => {
  it('happens at once, then at most once a second, with all that has changed', async () => {
    const { hold, patches } = bench();
    await vi.advanceTimersByTimeAsync(500);
    for (const last of [4, 5, 6]) hold(last);
    await vi.advanceTimersByTimeAsync(5000);
    expect(patches.map(({ at }) => at)).toEqual([0, 1000]);
    expect(patches[1]?.status).toMatchObject({ usage: { used: 3 }, free: ['192.168.0.7-192.168.0.8'] });
  });

  it('lists the addresses at most every ten seconds', async () => {
    const { hold, patches } = bench();
    const listed = (): number[] => patches.filter(({ status }) => 'ipAddresses' in status).map(({ at }) => at);
    for (const last of [4, 5, 6, 7, 8]) {
      hold(last);
      await vi.advanceTimersByTimeAsync(2000);
    }
    await vi.advanceTimersByTimeAsync(30_000);
    const [first = 0, second = 0, ...more] = listed();
    expect(second - first).toBeGreaterThanOrEqual(10_000);
    expect(more).toEqual([]);
    expect(patches.at(-1)?.status['ipAddresses']).toHaveLength(5);
  });

  it('is made anew from what somebody else wrote meanwhile, which stays, even if the watch is behind', async () => {
    const { hold, patches, server, write } = bench();
    await vi.advanceTimersByTimeAsync(2000);
    server.isBehind = true;
    const theirs = { type: 'Audited', status: 'True' };
    write({ conditions: [...conditionsIn(server.status), theirs] });
    for (const last of [4, 5, 6, 7, 8]) hold(last);
    await vi.advanceTimersByTimeAsync(3000);
    expect(patches.at(-1)?.status).toMatchObject({ usage: { used: 5 }, free: [] });
    expect(server.status['conditions']).toContainEqual(theirs);
    expect(server.status['conditions']).toContainEqual(expect.objectContaining({ type: 'Exhausted', status: 'True' }));
  });

  it('does not touch addresses that another controller wrote, until they are taken over', async () => {
    const { patches, write } = bench({ ipAddresses: [{ ipAddress: '192.168.0.5' }] });
    await vi.advanceTimersByTimeAsync(5000);
    expect(patches).toEqual([]);
    write({ conditions: [{ type: 'Adopted', status: 'True' }] });
    await vi.advanceTimersByTimeAsync(5000);
    expect(patches[0]?.status).toMatchObject({ usage: { used: 0 }, ipAddresses: [] });
  });

  it('is tried again when the API server refuses it, and counted', async () => {
    const { patches, server, metrics } = bench();
    server.fail = 3;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(patches).toHaveLength(1);
    expect(await metrics.text()).toContain('antrea_controller_api_errors_total{work="status"} 3');
  });

  it('tells of what begins to hold, and ends to, once', async () => {
    const { events, hold, watched } = bench();
    for (const last of [4, 5, 6, 7, 8]) hold(last);
    await vi.advanceTimersByTimeAsync(3000);
    watched();
    await vi.advanceTimersByTimeAsync(3000);
    expect(events.toSorted()).toEqual(['Exhausted', 'NearlyFull']);
  });

  it('says of a spec that is not valid that it is not, and why, and nothing else; and when it is valid again', async () => {
    const { patches, events, server, watched, hold } = bench({ usage: { used: 1 } }, ['10.0.0.4-10.0.0.8']);
    await vi.advanceTimersByTimeAsync(2000);
    hold(4);
    await vi.advanceTimersByTimeAsync(2000);
    expect(patches.map(({ status }) => Object.keys(status))).toEqual([['conditions']]);
    const invalid = { type: 'Invalid', status: 'True', observedGeneration: 1 };
    expect(conditionsIn(server.status)).toMatchObject([invalid]);
    expect(conditionsIn(server.status)[0]?.['message']).toMatch(
      /^nothing is allocated from it: .*10\.0\.0\.4-10\.0\.0\.8/u,
    );
    expect(events).toEqual(['Invalid']);
    server.ranges = ['192.168.0.4-192.168.0.8'];
    server.version += 1;
    watched();
    await vi.advanceTimersByTimeAsync(2000);
    expect(server.status).toMatchObject({ usage: { used: 1, total: 5 } });
    expect(conditionsIn(server.status)).toContainEqual(expect.objectContaining({ type: 'Invalid', status: 'False' }));
    expect(events).toEqual(['Invalid', 'SpecValid']);
  });

  it('ends with the leadership', async () => {
    const { hold, patches } = bench();
    await vi.advanceTimersByTimeAsync(500);
    hold(4);
    stop.abort();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(patches).toHaveLength(1);
  });
});

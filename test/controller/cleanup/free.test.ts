import { expect, it } from 'vitest';
import { createFree } from '../../../src/controller/cleanup/free.ts';
import { createMetrics } from '../../../src/controller/metrics.ts';
import { readAllocationObject } from '../../../src/ipam/kubernetes/allocation-object.ts';
import type { KubeAnswer, KubeRequest } from '../../../src/kube/client.ts';
import { allocation } from '../../cluster/allocations.ts';

const object = allocation({ pool: 'a', address: '192.168.0.4' });
const metadata = { ...object.metadata, uid: 'u', resourceVersion: '7' };
const { allocation: judged } = readAllocationObject({ ...object, metadata });

it.each([
  ['is told and counted', 200, 1],
  ['of which another object has the name by now is left, and not counted', 409, 0],
  ['that is gone already is not counted', 404, 0],
])('an address %s: only what was judged is deleted', async (_, status, count) => {
  const sent: KubeRequest[] = [];
  const send = async (request: KubeRequest): Promise<KubeAnswer> => {
    sent.push(request);
    return { status, body: {}, uncertain: false };
  };
  const told: string[] = [];
  const metrics = createMetrics();
  const api = {
    client: { server: 'test', send, close: () => {} },
    openWatch: async () => ({}),
    close: () => {},
  };
  const free = createFree({ api, metrics, log: (_level, message) => void told.push(message) });
  await free(judged, 'alive');
  expect(sent).toMatchObject([
    {
      method: 'DELETE',
      path: '/apis/crd.antrea.io/v1beta1/ipallocations/a.192.168.0.4',
      body: { preconditions: { uid: 'u', resourceVersion: '7' } },
    },
  ]);
  expect(told).toHaveLength(count);
  expect(await metrics.text()).toMatch(
    count === 1 ? 'antrea_controller_released_total{reason="alive"} 1' : /^(?![^]*released_total\{)/,
  );
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFree } from '../../../src/controller/cleanup/free.ts';
import { createApi } from '../../../src/kube/watch/api.ts';
import { createMetrics } from '../../../src/controller/metrics.ts';
import { readAllocationObject } from '../../../src/ipam/kubernetes/allocation-object.ts';
import { readKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { files } from '../../../src/system/files.ts';
import { accepted } from '../../cluster/api.ts';
import { metadataOf } from '../../cluster/objects.ts';
import { allocationPath } from '../../cluster/pools.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { until } from '../../fixture/until.ts';
import { openBed, stillHeld, untilFreed, type Bed } from './bed.ts';
import { startProxy, type ApiProxy } from './proxy.ts';

const tools = await findClusterTools();
let bed: Bed;
let proxy: ApiProxy;
let node: string;

describe.skipIf(tools.dir === undefined)('clean-up in doubt', () => {
  beforeAll(async () => {
    bed = await openBed();
    proxy = await startProxy(bed.cluster);
  });
  beforeEach(async () => {
    ({ node } = await bed.kubelet());
  });
  afterEach(() => bed.release());
  afterAll(async () => {
    await proxy.stop();
    await bed.stop();
  });

  it('keeps the address of a Pod that its watch has not told of yet', async () => {
    const controller = await bed.controller({ server: proxy.server, cleanup: { grace: 0 } });
    await controller.sweeps(1);
    proxy.holdWatch('/api/v1/pods');
    bed.defer(proxy.release);
    const held = [await bed.addresses.runPod({ node }), await bed.addresses.runPod({ node })];
    await controller.sweeps(10);
    expect(await stillHeld(held)).toStrictEqual([true, true]);
    expect(
      (await bed.cluster.audited()).filter(({ verb, resource }) => verb === 'get' && resource === 'pods').length,
    ).toBeGreaterThan(9);
  });

  it('frees that of a Pod that its watch tells of at last', async () => {
    const controller = await bed.controller({ server: proxy.server });
    const held = await bed.addresses.runPod({ node });
    await controller.sweeps(1);
    proxy.holdWatch('/api/v1/pods');
    await bed.kill(held);
    await controller.sweeps(10);
    expect(await held.isHeld()).toBe(true);
    proxy.release();
    await untilFreed(held);
  });

  it.each([
    ['404 of something else', 404, 'page not found'],
    ['404 of an API server without names', 404, '{"kind":"Status","reason":"NotFound","details":{}}'],
    ['404 of another resource', 404, '{"kind":"Status","reason":"NotFound","details":{"name":"NAME","kind":"nodes"}}'],
    ['an object that is no Pod', 200, '{}'],
    ['an error of the server', 500, '{"kind":"Status","reason":"InternalError"}'],
    ['that it is forbidden', 403, '{"kind":"Status","reason":"Forbidden"}'],
  ])('takes no Pod for gone when the answer is: %s', async (_what, status, body) => {
    const held = await bed.addresses.runPod({ node });
    await bed.kill(held);
    const told = body.replace('NAME', metadataOf(held.pod, 'name'));
    proxy.answer({ path: '/api/v1/namespaces/default/pods/', status, body: told });
    bed.defer(() => proxy.answer(undefined));
    await bed.controller({ server: proxy.server, cleanup: { grace: 0 } });
    const before = proxy.answered();
    await until(() => proxy.answered() > before + 4, { what: 'five such answers' });
    expect(await held.isHeld()).toBe(true);
    proxy.answer(undefined);
    await untilFreed(held);
  });

  it('goes on when the API server was away, and has freed nothing by it', async () => {
    const [dead, alive] = [await bed.addresses.runPod({ node }), await bed.addresses.runPod({ node })];
    const controller = await bed.controller();
    await controller.sweeps(2);
    await bed.kill(dead);
    await bed.cluster.kill();
    await until(() => controller.log.some(({ message }) => message === 'the watch broke'), { what: 'a broken watch' });
    await bed.cluster.restart();
    await untilFreed(dead);
    await controller.sweeps(5);
    expect(await alive.isHeld()).toBe(true);
  });

  it('deletes the very object that it has judged, and no other of its name', async () => {
    const held = await bed.addresses.runPod({ node });
    const { admin } = bed.cluster;
    const access = readKubeconfig(files, bed.cluster.kubeconfig({ token: bed.token }));
    const api = createApi(access, 'antrea-controller');
    bed.defer(api.close);
    const free = createFree({ api, log: () => undefined, metrics: createMetrics() });
    const judged = readAllocationObject(held.object).allocation;
    accepted(await admin.patch(held.path, { metadata: { labels: { changed: 'yes' } } }));
    await free(judged, 'alive');
    expect(await held.isHeld()).toBe(true);
    accepted(await admin.remove(held.path));
    const { metadata: _, ...rest } = held.object;
    accepted(
      await admin.post(allocationPath, { ...rest, metadata: { name: held.path.slice(allocationPath.length + 1) } }),
    );
    await free(judged, 'alive');
    expect(await held.isHeld()).toBe(true);
  });
});

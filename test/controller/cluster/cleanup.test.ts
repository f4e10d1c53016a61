import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { accepted } from '../../cluster/api.ts';
import { metadataOf, uidOf } from '../../cluster/objects.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { uniqueName } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';
import { makeAddresses } from './addresses.ts';
import { openBed, stillHeld, untilFreed, type Bed, type Running } from './bed.ts';
import { quick } from './controller.ts';

const tools = await findClusterTools();
let bed: Bed;
let node: string;

describe.skipIf(tools.dir === undefined)('clean-up', () => {
  beforeAll(async () => {
    bed = await openBed();
  });
  beforeEach(async () => {
    ({ node } = await bed.kubelet());
  });
  afterEach(() => bed.release());
  afterAll(() => bed.stop());

  it('keeps the addresses of Pods that run, that have ended, and that are being deleted', async () => {
    const held = [
      await bed.addresses.runPod({ node }),
      await ended(await bed.addresses.runPod({ node }), 'Succeeded'),
      await ended(await bed.addresses.runPod({ node }), 'Failed'),
      await terminating(await bed.addresses.runPod({ node })),
    ];
    const controller = await bed.controller({ cleanup: { grace: 0 } });
    await controller.sweeps(10);
    expect(await stillHeld(held)).toStrictEqual([true, true, true, true]);
  });

  it('frees that of a Pod which was deleted by force, after the grace period and not before', async () => {
    const controller = await bed.controller();
    const held = await bed.addresses.runPod({ node });
    await controller.sweeps(2);
    const begun = await bed.kill(held);
    await untilFreed(held);
    expect(performance.now() - begun).toBeGreaterThan(quick.grace);
    // Others see it before the controller has its answer.
    await until(async () => (await controller.metric('antrea_controller_released_total')) === 1, { what: 'a count' });
    expect(controller.log.filter(({ message }) => message.startsWith('freed'))).toMatchObject([
      { facts: { pool: bed.addresses.pool, podUID: uidOf(held.pod), node, nodeState: 'alive' } },
    ]);
  });

  it('frees that of a Pod which is there again under its name, and keeps that of the new one, on another Node', async () => {
    const other = await bed.kubelet();
    const name = uniqueName('stateful-');
    const old = await bed.addresses.runPod({ node, name });
    const controller = await bed.controller();
    await bed.kill(old);
    const fresh = await bed.addresses.runPod({ name, node: other.node });
    await untilFreed(old);
    await controller.sweeps(5);
    expect(await fresh.isHeld()).toBe(true);
  });

  it('keeps that of a static Pod while the Pod that stands for it is there, and frees it then', async () => {
    const hash = '5d41402abc4b2a76b9719d911017c592';
    const standIn = await bed.addresses.runPod({ node, annotations: { 'kubernetes.io/config.hash': hash } });
    const name = metadataOf(standIn.pod, 'name');
    const held = await bed.addresses.hold({ name, uid: hash, node });
    const controller = await bed.controller({ cleanup: { grace: 500 } });
    await controller.sweeps(1);
    const before = await podsAskedFor();
    await controller.sweeps(20);
    expect(await held.isHeld()).toBe(true);
    expect(await podsAskedFor()).toBe(before);
    await bed.kill(standIn);
    await untilFreed(held);
  });

  it('keeps what is held by no Pod, and what is reserved', async () => {
    const held = [
      await bed.addresses.hold({ name: '', uid: '', node }),
      await bed.addresses.hold({ name: 'podman', uid: '', node }),
      await bed.addresses.hold({ name: 'db-0', uid: 'gone', node, phase: 'Reserved' }),
    ];
    const controller = await bed.controller({ cleanup: { grace: 0, lostNodeAfter: 0 } });
    await controller.sweeps(10);
    expect(await stillHeld(held)).toStrictEqual([true, true, true]);
  });

  it('frees the addresses of a pool that is gone, or was made again, like all others', async () => {
    const own = await makeAddresses(bed.cluster.admin);
    const held = { dead: await own.runPod({ node }), alive: await own.runPod({ node }) };
    const again = accepted(await bed.cluster.admin.get(own.poolPath));
    await bed.cluster.admin.patch(own.poolPath, { metadata: { finalizers: [finalizer] } });
    await bed.cluster.admin.remove(own.poolPath);
    await bed.cluster.admin.patch(own.poolPath, { metadata: { finalizers: [] } });
    expect((await bed.cluster.admin.get(own.poolPath)).status).toBe(404);
    const controller = await bed.controller();
    await bed.kill(held.dead);
    await untilFreed(held.dead);
    const { spec } = again;
    const metadata = { name: own.pool };
    accepted(
      await bed.cluster.admin.post(pools, { apiVersion: 'crd.antrea.io/v1beta1', kind: 'IPPool', metadata, spec }),
    );
    await controller.sweeps(5);
    expect(await held.alive.isHeld()).toBe(true);
    await bed.kill(held.alive);
    await untilFreed(held.alive);
  });

  it('is not deceived by a clock that is set', async () => {
    const controller = await bed.controller({ cleanup: { grace: 3_600_000, lostNodeAfter: 3_600_000 } });
    const lost = await bed.kubelet();
    const pods = [await bed.addresses.runPod({ node }), await bed.addresses.runPod({ node: lost.node })];
    const held = [
      ...pods,
      await bed.addresses.hold({ name: 'gone', uid: 'gone', node: 'deleted' }),
      await bed.addresses.hold({ name: 'gone', uid: 'gone', node: '' }),
    ];
    for (const one of pods) await bed.kill(one);
    await lost.cut();
    await controller.sweeps(3);
    vi.useFakeTimers({ toFake: ['Date'] });
    bed.defer(() => vi.useRealTimers());
    vi.setSystemTime(Date.now() + 7 * 24 * 3_600_000);
    await controller.sweeps(10);
    expect(await stillHeld(held)).toStrictEqual([true, true, true, true]);
  });

  it('begins anew when the controller is restarted, and comes to an end all the same', async () => {
    const held = await bed.addresses.runPod({ node });
    const first = await bed.controller({ cleanup: { grace: 2000 } });
    await bed.kill(held);
    await until(async () => (await first.metric('antrea_controller_waiting')) > 0, { what: 'a first sighting' });
    await first.sweeps(1);
    await first.stop();
    const begun = performance.now();
    await bed.controller({ cleanup: { grace: 2000 } });
    await untilFreed(held);
    expect(performance.now() - begun).toBeGreaterThan(2000);
  });
});

const pools = '/apis/crd.antrea.io/v1beta1/ippools';
const finalizer = 'crd.antrea.io/ipallocations';

/** How often the controller has asked for a Pod by its name. */
async function podsAskedFor(): Promise<number> {
  const all = await bed.cluster.audited();
  const own = all.filter(({ user }) => user === 'system:serviceaccount:antrea-cni:controller');
  return own.filter(({ verb, resource }) => verb === 'get' && resource === 'pods').length;
}

function pathOf({ pod }: Running): string {
  return `/api/v1/namespaces/default/pods/${metadataOf(pod, 'name')}`;
}

async function ended(running: Running, phase: string): Promise<Running> {
  accepted(await bed.cluster.admin.patch(`${pathOf(running)}/status`, { status: { phase } }));
  return running;
}

async function terminating(running: Running): Promise<Running> {
  accepted(await bed.cluster.admin.remove(pathOf(running), { gracePeriodSeconds: 3600 }));
  return running;
}

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accepted } from '../../cluster/api.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { until } from '../../fixture/until.ts';
import { openBed, untilFreed, type Bed, type Running } from './bed.ts';
import { quick, type RunningController } from './controller.ts';
import type { Kubelet } from './kubelet.ts';

const tools = await findClusterTools();
let bed: Bed;
let kubelet: Kubelet;

describe.skipIf(tools.dir === undefined)(
  'on a Node that was lost, the address of a Pod that was deleted by force',
  () => {
    beforeAll(async () => {
      bed = await openBed();
    });
    beforeEach(async () => {
      kubelet = await bed.kubelet();
    });
    afterEach(() => bed.release());
    afterAll(() => bed.stop());

    it('is kept, and freed when the Node is deleted; that of a Pod which the API still has is kept', async () => {
      const { dead, alive, controller } = await lose();
      await kubelet.remove();
      await untilFreed(dead);
      await controller.sweeps(5);
      expect(await alive.isHeld()).toBe(true);
    });

    it('is kept, and freed when the Node is out of service', async () => {
      const { dead, alive, controller } = await lose();
      const taints = [{ key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' }];
      accepted(await bed.cluster.admin.patch(`/api/v1/nodes/${kubelet.node}`, { spec: { taints } }));
      await untilFreed(dead);
      await controller.sweeps(5);
      expect(await alive.isHeld()).toBe(true);
    });

    it('is kept, whatever other taints the Node has', async () => {
      const { dead, controller } = await lose();
      const taints = [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }];
      accepted(await bed.cluster.admin.patch(`/api/v1/nodes/${kubelet.node}`, { spec: { taints } }));
      await controller.sweeps(10);
      expect(await dead.isHeld()).toBe(true);
    });

    it('is freed when the Node is lost for longer than it may be', async () => {
      const begun = performance.now();
      const { dead, alive, controller } = await lose({ lostNodeAfter: 3000 });
      await untilFreed(dead);
      expect(performance.now() - begun).toBeGreaterThan(3000);
      await controller.sweeps(5);
      expect(await alive.isHeld()).toBe(true);
    });

    it('is kept when the Node comes back, until its kubelet has had the grace period to end the Pod', async () => {
      const { dead } = await lose();
      const back = performance.now();
      kubelet.connect();
      await untilFreed(dead);
      expect(performance.now() - back).toBeGreaterThan(quick.grace);
    });

    it('is freed at last if the owner names no Node', async () => {
      const begun = performance.now();
      const controller = await bed.controller({ cleanup: { lostNodeAfter: 3000 } });
      const held = await bed.addresses.hold({ name: 'gone', uid: 'gone', node: '' });
      await untilFreed(held);
      expect(performance.now() - begun).toBeGreaterThan(3000);
      // Others see it before the controller has its answer.
      const isTold = (): boolean => controller.log.some(({ facts }) => facts['nodeState'] === 'unnamed');
      await until(isTold, { what: 'a line of the log' });
    });
  },
);

interface Lost {
  readonly dead: Running;
  readonly alive: Running;
  readonly controller: RunningController;
}

/** Two Pods on a Node that is lost, one deleted by force; for longer than the grace period, in which nothing is freed. */
async function lose(cleanup: { readonly lostNodeAfter?: number } = {}): Promise<Lost> {
  const { node } = kubelet;
  const [dead, alive] = [await bed.addresses.runPod({ node }), await bed.addresses.runPod({ node })];
  await kubelet.cut();
  const begun = await bed.kill(dead);
  const controller = await bed.controller({ cleanup });
  while (performance.now() - begun < quick.grace * 2) await controller.sweeps(2);
  await controller.sweeps(2);
  // That time may be over by now, on a busy machine.
  if (cleanup.lostNodeAfter === undefined) expect(await dead.isHeld()).toBe(true);
  return { dead, alive, controller };
}

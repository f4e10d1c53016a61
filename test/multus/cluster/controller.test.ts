import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeRoleToken } from '../../cluster/objects.ts';
import { untilUsed as untilUsedOf } from '../../controller/bed.ts';
import { startController, type TestController } from '../../controller/process.ts';
import { createResources } from '../../fixture/resources.ts';
import { errorOf, succeeded } from '../../fixture/outcome.ts';
import { until } from '../../fixture/until.ts';
import { nodeName } from '../../plugin/cluster/bed.ts';
import { interfaceOf } from '../../plugin/cluster/pod.ts';
import { noTraces } from '../../plugin/cluster/traces.ts';
import { ours, startMultusBed, type MultusBed } from './bed.ts';
import { findMultus } from './multus.ts';

const multus = await findMultus();

const ipam = { type: ours, ippools: ['four'] };
const config = { cniVersion: '1.1.0', name: 'vlan97', type: ours, networkType: 'vlan', ipam };

describe.skipIf(multus.reason !== undefined)('Multus, the plugin and the controller', () => {
  const resources = createResources();
  let bed: MultusBed;
  let controller: TestController;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
    await bed.applyPools({ name: 'four', ranges: ['10.97.0.10-10.97.0.13'], gateway: '10.97.0.1', vlan: 97 });
    await bed.applyNetworks({ vlan97: config });
    await renewLease();
    const kubeconfig = bed.cluster.kubeconfig({
      token: await makeRoleToken(bed.cluster.admin, 'controller', nodeName),
    });
    const args = ['--cleanup-grace', '1s', '--cleanup-interval', '1s'];
    controller = await resources.use(startController({ kubeconfig, args }));
    await controller.leads();
  });
  afterEach(() => bed.reset());
  afterAll(async () => {
    await resources.release();
    await bed?.stop();
  });

  const untilUsed = (used: number) => untilUsedOf(bed.cluster.admin, 'four', used);

  it('hand out the lowest free address, and keep it while the Pod lives', async () => {
    await untilUsed(0);
    const pods = [await bed.pod({ networks: 'vlan97' }), await bed.pod({ networks: 'vlan97' })];
    for (const [index, pod] of pods.entries()) {
      succeeded(await bed.add(pod));
      await untilUsed(index + 1);
    }
    expect(await bed.held()).toStrictEqual(['four/10.97.0.10', 'four/10.97.0.11']);
    await sweeps(3);
    expect(await bed.held()).toHaveLength(2);
    for (const pod of pods) succeeded(await bed.del(pod));
    await untilUsed(0);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('free what Multus has forgotten while the API server was away; a DEL that comes later harms nobody', async () => {
    const old = await bed.pod({ networks: 'vlan97' });
    succeeded(await bed.add(old));
    const held = await bed.held();
    await bed.killServer();
    expect(errorOf(await bed.del(old)).msg).toContain('try again later');
    succeeded(await bed.del(old));
    await bed.restart();
    expect(await bed.held()).toStrictEqual(held);
    await old.forget();
    await until(isFreed, { what: 'a freed address', everyMs: 100 });
    await untilUsed(0);
    const next = await bed.pod({ networks: 'vlan97' });
    succeeded(await bed.add(next));
    expect(await bed.held()).toStrictEqual(held);
    succeeded(await bed.runtime.del(interfaceOf(old, config)));
    expect(await bed.held()).toStrictEqual(held);
    succeeded(await bed.del(next));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  async function isFreed(): Promise<boolean> {
    await renewLease();
    return (await bed.held()).length === 0;
  }

  /** What the kubelet does: only of a Node that lives, the Pods that are gone from the API are known to have ended. */
  async function renewLease(): Promise<void> {
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    await bed.apply({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: nodeName, namespace: 'kube-node-lease' },
      spec: { holderIdentity: nodeName, leaseDurationSeconds: 40, renewTime },
    });
  }

  async function sweeps(count: number): Promise<void> {
    const done = (await swept()) + count;
    await until(async () => (await swept()) >= done, { what: `${count} sweeps`, everyMs: 50 });
  }

  async function swept(): Promise<number> {
    return (await controller.metric('antrea_controller_sweeps_total')) ?? 0;
  }
});

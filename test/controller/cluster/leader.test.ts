import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accepted, type Api } from '../../cluster/api.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { isObject, type JsonObject } from '../../fixture/json.ts';
import { createResources } from '../../fixture/resources.ts';
import { until } from '../../fixture/until.ts';
import { hold, newPool, startControllerBed, untilUsed, type ControllerBed } from '../bed.ts';
import { startController, type TestController } from '../process.ts';

const tools = await findClusterTools();
const leasePath = '/apis/coordination.k8s.io/v1/namespaces/antrea-cni/leases/controller';

describe.skipIf(tools.dir === undefined)('of two controllers', () => {
  let bed: ControllerBed;
  let admin: Api;
  const resources = createResources();
  beforeAll(async () => {
    bed = await startControllerBed();
    ({ admin } = bed);
  });
  afterEach(resources.release);
  afterAll(() => bed.cluster.stop());

  const start = async (): Promise<TestController> =>
    resources.use(startController({ kubeconfig: bed.kubeconfig, args: ['--lease-duration', '10s'] }));

  it('one works, the other is ready and waits; killed by SIGKILL, the first is replaced', async () => {
    const first = await start();
    await first.leads();
    const second = await start();
    await second.ready();
    expect(await second.metric('antrea_controller_leader')).toBe(0);
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.19'] });
    await hold(admin, name, '192.168.1.10');
    await untilUsed(admin, name, 1);
    await first.stop();
    await hold(admin, name, '192.168.1.11');
    await second.leads();
    await untilUsed(admin, name, 2);
    expect(specOf(await leaseOf(admin))['leaseTransitions']).toBeGreaterThanOrEqual(2);
  });

  it('the one that is told to stop gives the Lease back, ends with 0, and the other works at once', async () => {
    const first = await start();
    await first.leads();
    const second = await start();
    await second.ready();
    expect(await first.terminate()).toBe(0);
    await second.leads();
    expect(second.logged().map(({ msg }) => msg)).toContain('leading');
    expect(await second.terminate()).toBe(0);
    expect(specOf(await leaseOf(admin))).toMatchObject({ holderIdentity: '' });
  });

  it('one whose Lease somebody else has taken stops to work, and takes it again only when that one is silent', async () => {
    const controller = await start();
    await controller.leads();
    const lease = await leaseOf(admin);
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    accepted(await admin.patch(leasePath, { spec: { ...specOf(lease), holderIdentity: 'somebody', renewTime } }));
    const idle = async (): Promise<boolean> => (await controller.metric('antrea_controller_leader')) === 0;
    await until(idle, { what: 'the end of the leadership', everyMs: 20 });
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.19'] });
    await untilUsed(admin, name, 0);
    const said = controller.logged().map(({ msg }) => String(msg));
    // On a busy machine it may lose the Lease once more.
    expect(said.filter((msg) => msg.startsWith('leading')).slice(0, 3)).toEqual([
      'leading',
      'leading no more: the Lease is lost, or could not be renewed',
      'leading',
    ]);
  });
});

async function leaseOf(admin: Api): Promise<JsonObject> {
  return accepted(await admin.get(leasePath));
}

function specOf({ spec }: JsonObject): JsonObject {
  return isObject(spec) ? spec : {};
}

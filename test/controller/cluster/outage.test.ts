import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../cluster/api.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { until } from '../../fixture/until.ts';
import { hold, newPool, release, startControllerBed, untilUsed, type ControllerBed } from '../bed.ts';
import { startController, type TestController } from '../process.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('a controller whose API server', () => {
  let bed: ControllerBed;
  let admin: Api;
  let controller: TestController;
  let name: string;
  beforeAll(async () => {
    bed = await startControllerBed();
    ({ admin } = bed);
    controller = await startController({ kubeconfig: bed.kubeconfig, args: ['--lease-duration', '3s'] });
    await controller.leads();
    name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.99'] });
    await hold(admin, name, '192.168.1.10');
    await untilUsed(admin, name, 1);
  });
  afterAll(async () => {
    await controller.stop();
    await bed.cluster.stop();
  });

  it('is away stops to lead, stays alive and ready, and writes what is true when it is back', async () => {
    await bed.cluster.kill();
    const idle = async (): Promise<boolean> => (await controller.metric('antrea_controller_leader')) === 0;
    await until(idle, { what: 'the end of the leadership', everyMs: 50 });
    expect(await controller.get('/healthz')).toMatchObject({ status: 200 });
    expect(await controller.get('/readyz')).toMatchObject({ status: 200 });
    await bed.cluster.restart();
    await hold(admin, name, '192.168.1.11');
    await untilUsed(admin, name, 2);
  });

  it('no longer knows where its watch was, as much has happened, lists anew: nothing that came or went is missed', async () => {
    await controller.leads();
    const expired =
      'antrea_controller_watch_restarts_total{path="/apis/crd.antrea.io/v1beta1/ipallocations",reason="expired"}';
    const before = (await controller.metric(expired)) ?? 0;
    process.kill(controller.pid, 'SIGSTOP');
    // What it watched is gone with the API server's memory.
    await bed.cluster.kill();
    await bed.cluster.restart();
    await release(admin, name, '192.168.1.10');
    await hold(admin, name, '192.168.1.20', '192.168.1.21', '192.168.1.22');
    process.kill(controller.pid, 'SIGCONT');
    const status = await untilUsed(admin, name, 4);
    expect(status['free']).toEqual(['192.168.1.10', '192.168.1.12-192.168.1.19', '192.168.1.23-192.168.1.99']);
    expect(await controller.metric(expired)).toBeGreaterThan(before);
  });

  it('stands still, without ending connections, is waited for', async () => {
    await controller.leads();
    bed.cluster.apiserver.pause();
    const idle = async (): Promise<boolean> => (await controller.metric('antrea_controller_leader')) === 0;
    await until(idle, { what: 'the end of the leadership', everyMs: 50 });
    bed.cluster.apiserver.resume();
    await controller.leads();
    await hold(admin, name, '192.168.1.30');
    await untilUsed(admin, name, 5);
  });
});

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { antreaExecutable } from '../../fixture/runtime.ts';
import { createResources } from '../../fixture/resources.ts';
import { until } from '../../fixture/until.ts';
import { startCrowdedServer, type CrowdedServer } from '../crowded-server.ts';
import { startController, type TestController } from '../process.ts';

const count = 50_000;

describe('the controller of a cluster where 50,000 Pods hold 50,000 addresses', () => {
  const resources = createResources();
  let server: CrowdedServer;
  let controller: TestController;
  beforeAll(async () => {
    server = await resources.use(startCrowdedServer(count));
    const { kubeconfig } = server;
    controller = await resources.use(startController({ kubeconfig, executable: antreaExecutable() }));
    const swept = async (): Promise<boolean> => ((await controller.metric('antrea_controller_sweeps_total')) ?? 0) > 0;
    await until(swept, { what: 'a first sweep', timeoutMs: 170_000, everyMs: 100 });
    // What is counted is written a moment later, and all of it is written before one more is held.
    await until(() => pools.every(isWritten), { what: 'the status of each pool', everyMs: 100 });
  });

  const pools = ['pool0', 'pool1', 'pool2', 'pool3'];
  const isWritten = (pool: string): boolean => {
    const statuses = server.statuses(pool).map((body) => JSON.stringify(body));
    return [`"used":${count / 4}`, '"ipAddresses":['].every((part) => statuses.some((one) => one.includes(part)));
  };
  afterAll(resources.release);

  it('takes at most 300 MB, at any time', () => {
    const status = readFileSync(`/proc/${controller.pid}/status`, 'utf8');
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
    expect(Number(kilobytes) / 1024).toBeLessThan(300);
  });

  it('has counted all of them', async () => {
    expect(await controller.metric('antrea_ipallocations')).toBe(count);
    expect(server.statuses('pool0').at(-1)).toMatchObject({ status: { usage: { used: count / 4, total: 65_533 } } });
  });

  it('writes one status for one address more, and asks for nothing', async () => {
    const before = { requests: server.requests().length, written: server.statuses('pool0').length };
    server.holdOneMore();
    const written = (): object | undefined => server.statuses('pool0')[before.written];
    const status = await until(written, { what: 'a status' });
    expect(status).toMatchObject({ status: { usage: { used: count / 4 + 1 } } });
    const since = server.requests().slice(before.requests);
    expect(since.filter((request) => !request.includes('/leases'))).toEqual([
      'PATCH /apis/crd.antrea.io/v1beta1/ippools/pool0/status',
    ]);
  });
});

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findClusterTools } from '../../cluster/tools.ts';
import { antreaExecutable } from '../../fixture/runtime.ts';
import { hold, newPool, startControllerBed, untilUsed, type ControllerBed } from '../bed.ts';
import { startController, type TestController } from '../process.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('the controller of the executable', () => {
  let bed: ControllerBed;
  let controller: TestController;
  beforeAll(async () => {
    bed = await startControllerBed();
    controller = await startController({ kubeconfig: bed.kubeconfig, executable: antreaExecutable() });
    await controller.leads();
  });
  afterAll(async () => {
    await controller.stop();
    await bed.cluster.stop();
  });

  it('does what that of the source does, in less than 120 MB, and ends with 0', async () => {
    const name = await newPool(bed.admin, { ranges: ['192.168.1.10-192.168.1.19'] });
    await hold(bed.admin, name, '192.168.1.10');
    await untilUsed(bed.admin, name, 1);
    const status = readFileSync(`/proc/${controller.pid}/status`, 'utf8');
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
    expect(Number(kilobytes) / 1024).toBeLessThan(120);
    expect(await controller.terminate()).toBe(0);
  });
});

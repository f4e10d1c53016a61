import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findClusterTools } from '../../cluster/tools.ts';
import type { Output } from '../../fixture/command.ts';
import { antreaCommand } from '../../fixture/program.ts';
import { until } from '../../fixture/until.ts';
import { startClusterBed, type ClusterBed } from '../../plugin/cluster/bed.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('antrea check on a Node that is equipped as the plugin needs it', () => {
  let bed: ClusterBed;
  beforeAll(async () => {
    bed = await startClusterBed({ allowedVLANs: ['1-4094'] });
  });
  afterAll(() => bed.stop());

  const check = async (): Promise<Output> => {
    const { netns, env } = bed.node;
    return netns.run([...antreaCommand(), 'check'], { env });
  };

  it('says that the Node is ready, and of the cluster what it has tried', async () => {
    const { code, stdout } = await check();
    expect(stdout).toMatch(/^ok {4}API server +https:\/\/169\.254\.99\.1:\d+, Kubernetes v1\./mu);
    expect(stdout).toMatch(/^ok {4}token +of antrea-cni\/plugin, bound to Node node-1/mu);
    expect(stdout).toMatch(/^ok {4}policies +are in force/mu);
    expect(stdout).toMatch(/^This Node is ready/mu);
    expect(code).toBe(0);
    expect(await bed.held()).toStrictEqual([]);
  });

  it('says that the Node is not ready when its object, and with it the token, is gone', async () => {
    await bed.cluster.admin.remove('/api/v1/nodes/node-1');
    // The API server believes tokens that it has seen for some seconds more.
    const noticed = /^FAIL {2}token +.*does not accept the credentials.*the Node's object may be gone/mu;
    const hasNoticed = async (): Promise<boolean> => noticed.test((await check()).stdout);
    await until(hasNoticed, { what: 'a token that is not valid any more', everyMs: 500 });
  });
});

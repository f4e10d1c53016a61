import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from './api.ts';
import { allocation } from './allocations.ts';
import { startCluster, type Cluster } from './cluster.ts';
import { applyDeploy } from './deploy.ts';
import { makeNode, makeRoleToken } from './objects.ts';
import { allocationPath, createPool, pool } from './pools.ts';
import { findClusterTools } from './tools.ts';

const tools = await findClusterTools();

/** An API server that does as an older one did, as far back as it can. deploy/ is meant for 1.31 or newer. */
describe.skipIf(tools.dir === undefined)('a Kubernetes that behaves like 1.33', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ args: ['--emulated-version=1.33'] });
    await applyDeploy(cluster);
  });
  afterAll(() => cluster.stop());

  it('knows everything that the CRDs and policies are written with', async () => {
    expect((await cluster.admin.get('/version')).body).toMatchObject({ emulationMinor: '33' });
    const six = { gateway: 'fd00::1', prefixLength: 64 };
    expect(
      await createPool(cluster.admin, pool({ ranges: ['fd00::20-fd00::2f', 'fd00::/124'], ...six })),
    ).toMatchObject({
      status: 201,
      message: '',
    });
    const overlapping = pool({ ranges: ['fd00::0f-fd00::2f', 'fd00::/124'], ...six });
    expect((await createPool(cluster.admin, overlapping)).message).toContain('overlaps with range');
  });

  it('tells the policies which Node a token is bound to', async () => {
    await makeNode(cluster.admin, 'node-1');
    for (const role of ['plugin', 'agent'] as const) {
      const api = cluster.withToken(await makeRoleToken(cluster.admin, role, 'node-1'));
      const own = allocation({ pool: role, address: '10.0.0.1', node: 'node-1' });
      const foreign = allocation({ pool: role, address: '10.0.0.2', node: 'node-2' });
      accepted(await api.post(allocationPath, own));
      expect((await api.post(allocationPath, foreign)).message).toContain('only allocations whose owner.pod.node');
    }
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from './api.ts';
import { allocation } from './allocations.ts';
import type { Cluster } from './cluster.ts';
import { startDeployedCluster } from './deployed.ts';
import { metadataOf } from './objects.ts';
import { allocationPath } from './pools.ts';
import { findClusterTools } from './tools.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('an IPAllocation', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startDeployedCluster();
  });
  afterAll(() => cluster.stop());

  it.each([
    ['IPv4', { address: '10.10.1.5', name: 'vlan100.10.10.1.5' }],
    ['IPv6', { address: '2001:db8::a', name: 'vlan100.2001-0db8-0000-0000-0000-0000-0000-000a' }],
    [
      'a pool whose name has dots and hyphens',
      { pool: 'a-1.b.2', address: 'fd00::1', name: 'a-1.b.2.fd00-0000-0000-0000-0000-0000-0000-0001' },
    ],
    ['the longest name of a pool', { pool: 'a'.repeat(63), address: 'fd00::1' }],
  ])('is named after pool and address: %s', async (_kind, options) => {
    expect(await cluster.admin.post(allocationPath, allocation(options))).toMatchObject({ status: 201, message: '' });
  });

  it.each([
    ['of another address', { address: '10.10.1.6', name: 'vlan100.10.10.1.5' }],
    ['of another pool', { pool: 'vlan200', address: '10.10.1.6', name: 'vlan100.10.10.1.6' }],
    ['of another IPv6 address', { address: '2001:db8::b', name: 'vlan100.2001-0db8-0000-0000-0000-0000-0000-000a' }],
    ['short IPv6', { address: '2001:db8::a', name: 'vlan100.2001-db8-0-0-0-0-0-a' }],
    ['of another pool, IPv6', { pool: 'b', address: 'fd00::1', name: 'a.fd00-0000-0000-0000-0000-0000-0000-0001' }],
    [
      'with something before the address',
      { pool: 'a', address: 'fd00::1', name: 'a.b.fd00-0000-0000-0000-0000-0000-0000-0001' },
    ],
    ['with something else', { address: '10.10.1.6', name: 'x' }],
  ])('cannot have the name %s, so that no address is held twice', async (_kind, options) => {
    const answer = await cluster.admin.post(allocationPath, allocation(options));
    expect(answer.status).toBe(422);
    expect(answer.message).toContain('the name must be pool.address');
  });

  it.each([
    ['an address in other words', { address: '2001:DB8::c' }, 'canonical'],
    ['an IPv4-mapped address', { address: '::ffff:10.0.0.1', name: 'vlan100.10.0.0.1' }, 'canonical'],
    ['no address', { address: 'none', name: 'vlan100.none' }, 'canonical'],
    ['a phase that there is not', { address: '10.10.1.7', phase: 'Lent' }, 'phase'],
  ])('cannot have %s', async (_kind, options, message) => {
    const answer = await cluster.admin.post(allocationPath, allocation(options));
    expect(answer.status).toBe(422);
    expect(answer.message).toContain(message);
  });

  it('is refused to the second one who asks for the address', async () => {
    const wanted = allocation({ address: '10.10.1.20' });
    const answers = await Promise.all([1, 2, 3, 4].map(() => cluster.admin.post(allocationPath, wanted)));
    expect(answers.map(({ status }) => String(status)).toSorted()).toStrictEqual(['201', '409', '409', '409']);
  });

  it('cannot change pool, poolUID and address', async () => {
    accepted(await cluster.admin.post(allocationPath, allocation({ address: '10.10.2.1' })));
    for (const key of ['pool', 'poolUID', 'address']) {
      const answer = await cluster.admin.patch(`${allocationPath}/vlan100.10.10.2.1`, { spec: { [key]: 'other' } });
      expect(answer.status).toBe(422);
      expect(answer.message).toContain(`${key} is immutable`);
    }
  });

  it('can change its owner: a reserved address gets a new one', async () => {
    const reserved = allocation({ address: '10.10.3.1', phase: 'Reserved' });
    const path = `${allocationPath}/vlan100.10.10.3.1`;
    accepted(await cluster.admin.post(allocationPath, reserved));
    const change = { spec: { phase: 'Allocated', owner: { pod: { name: 'web-1', containerID: 'beef' } } } };
    expect(await cluster.admin.patch(path, change)).toMatchObject({
      status: 200,
      body: { spec: { phase: 'Allocated' } },
    });
  });

  it('has no status', async () => {
    const sent = { ...allocation({ address: '10.10.3.2' }), status: { phase: 'Free' } };
    expect(accepted(await cluster.admin.post(allocationPath, sent))).not.toHaveProperty('status');
  });

  it('is found by pool and by Node without reading all', async () => {
    for (const [pool, node] of [
      ['east', 'node-1'],
      ['west', 'node-2'],
    ]) {
      accepted(await cluster.admin.post(allocationPath, allocation({ pool, address: '10.20.0.1', node })));
    }
    expect(await namesBy(cluster, 'spec.pool=east')).toStrictEqual(['east.10.20.0.1']);
    expect(await namesBy(cluster, 'spec.owner.pod.node=node-2')).toStrictEqual(['west.10.20.0.1']);
  });
});

async function namesBy(cluster: Cluster, selector: string): Promise<readonly string[]> {
  const items = await cluster.admin.list(`${allocationPath}?fieldSelector=${selector}`);
  return items.map((item) => metadataOf(item, 'name'));
}

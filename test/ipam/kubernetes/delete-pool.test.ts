import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeAllocation } from '../../../src/ipam/kubernetes/allocation-object.ts';
import { failureOf } from '../../kube/failure-of.ts';
import { address, manifest, owner } from '../sample.ts';
import { allocations, asked, openFakeStore, pools, type FakeStore } from './fake-store.ts';

let opened: FakeStore;
beforeEach(async () => {
  opened = await openFakeStore();
  await opened.admin.applyPool(manifest({ name: 'a', ranges: ['192.168.0.10-192.168.0.12'] }), { force: false });
});
afterEach(() => opened.close());

describe('a pool that is deleted', () => {
  it('while somebody allocates from it is marked, and stays until the address is released', async () => {
    const { store, admin, fake } = opened;
    const pool = await store.readPool('a');
    const held = address('192.168.0.10');
    fake.fault = ({ method }) => {
      if (method !== 'DELETE') return undefined;
      const allocation = encodeAllocation(pool, { address: held, owner: owner('c'), attempt: 'x' });
      fake.objects.put(`${allocations}/a.192.168.0.10`, { ...allocation });
      fake.fault = () => undefined;
      return undefined;
    };
    const failure = await failureOf(admin.deletePool('a'));
    expect(failure).toMatchObject({ kind: 'refused' });
    expect(failure.details).toContain('it is marked for deletion, and goes when they are released');
    expect(fake.objects.names(pools)).toHaveLength(1);
    await expect(store.readPool('a')).rejects.toThrow('pool a is being deleted');
    const allocation = await store.get('a', held);
    if (allocation !== undefined) await store.release(allocation);
    await admin.deletePool('a');
    expect(fake.objects.names(pools)).toStrictEqual([]);
  });

  it('and has no finalizer gets one first: else nobody would look again after the mark', async () => {
    const { admin, fake } = opened;
    fake.objects.put(`${pools}/b`, manifest({ name: 'b', ranges: ['192.168.0.20-192.168.0.22'] }));
    const before = fake.seen.length;
    await admin.deletePool('b');
    expect(asked(fake).slice(before)).toStrictEqual([
      'LIST ipallocations',
      'GET ippools/b',
      'PATCH ippools/b',
      'DELETE ippools/b',
      'GET ippools/b',
      'LIST ipallocations',
      'PATCH ippools/b',
    ]);
  });

  it.each([
    { when: 'not looked at them', conditions: [] },
    { when: 'not been able to', conditions: [{ type: 'Adopted', status: 'False' }] },
  ])('stays while antrea controller has $when: addresses that another controller gave away', async ({ conditions }) => {
    const { admin, fake } = opened;
    const owned = [{ ipAddress: '192.168.0.20', owner: { pod: { name: 'web-0' } } }, { ipAddress: '192.168.0.21' }];
    const pool = manifest({ name: 'b', ranges: ['192.168.0.20-192.168.0.22'] });
    const status = { ipAddresses: owned, conditions };
    fake.objects.put(`${pools}/b`, { ...pool, status });
    const failure = await failureOf(admin.deletePool('b'));
    expect(failure).toMatchObject({ kind: 'refused' });
    expect(failure.message).toBe(
      'pool b cannot be deleted: its status has 2 addresses of another controller, such as 192.168.0.20, which are not taken over yet',
    );
    expect(failure.details).toContain('antrea controller takes them over when it runs');
    expect(asked(fake)).not.toContain('DELETE ippools/b');
    const adopted = [{ type: 'Adopted', status: 'True' }];
    fake.objects.put(`${pools}/b`, { ...pool, status: { ...status, conditions: adopted } });
    await admin.deletePool('b');
    expect(asked(fake)).toContain('DELETE ippools/b');
  });
});

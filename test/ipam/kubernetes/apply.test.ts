import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifest } from '../sample.ts';
import { openFakeStore, pools, type FakeStore } from './fake-store.ts';

let opened: FakeStore;
beforeEach(async () => {
  opened = await openFakeStore();
});
afterEach(() => opened.close());

describe('a pool in the cluster that is not valid', () => {
  beforeEach(() => {
    opened.fake.objects.put(
      `${pools}/a`,
      manifest({ name: 'a', ranges: ['10.9.9.1-10.9.9.2'], gateway: '192.168.0.1' }),
    );
  });

  it('is mended by applying it', async () => {
    const { admin, store } = opened;
    await expect(store.readPool('a')).rejects.toThrow('the stored pool is not valid');
    const mended = manifest({ name: 'a', ranges: ['192.168.0.10-192.168.0.12'] });
    expect(await admin.applyPool(mended, { force: false })).toBe('configured');
    expect(await store.readPool('a')).toMatchObject({ name: 'a' });
  });

  it('does not keep others from being applied', async () => {
    const other = manifest({ name: 'b', ranges: ['10.9.9.1-10.9.9.2'], gateway: '10.9.9.254' });
    expect(await opened.admin.applyPool(other, { force: false })).toBe('created');
  });
});

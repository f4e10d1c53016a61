import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/ipam/address.ts';
import { address, manifest, owner } from '../sample.ts';
import { openTemporary, type TemporaryStore } from './temporary.ts';

let temporary: TemporaryStore;
beforeEach(() => {
  temporary = openTemporary();
});
afterEach(() => temporary.close());

describe('a file where folders of addresses are expected', () => {
  it.each(['allocations/p/junk', 'allocations/junk'])('is told of at the end, and hides nothing: %s', async (name) => {
    const { admin, store, dataDir } = temporary;
    await admin.applyPool(manifest({ name: 'p', ranges: ['192.168.0.10-192.168.0.20'] }), { force: false });
    await store.create(await store.readPool('p'), address('192.168.0.15'), owner('c1'));
    const path = join(dataDir, name);
    fs.writeFileSync(path, '');
    const found: string[] = [];
    const search = async (): Promise<void> => {
      for await (const allocation of store.find({})) found.push(formatAddress(allocation.address));
    };
    await expect(search()).rejects.toThrow(`${path} is not of this store's making: expected only addresses there`);
    expect(found).toStrictEqual(['192.168.0.15']);
    expect((await admin.getPool('p')).status.usage.used).toBe(1);
  });
});

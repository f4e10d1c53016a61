import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatAddress, type Address } from '../../src/ipam/address.ts';
import { storeForOnePod } from '../../src/ipam/one-pod.ts';
import type { Store } from '../../src/ipam/store.ts';
import { openTemporary, type TemporaryStore } from './file/temporary.ts';
import { manifest } from './sample.ts';

let temporary: TemporaryStore;
let reads: string[];
let store: Store;
beforeEach(async () => {
  temporary = openTemporary();
  await temporary.admin.applyPool(manifest({ name: 'small', ranges: ['192.168.0.10-192.168.0.12'] }), { force: false });
  reads = [];
  const readPool: Store['readPool'] = async (name) => {
    reads.push(name);
    return temporary.store.readPool(name);
  };
  store = storeForOnePod({ ...temporary.store, readPool });
});
afterEach(() => temporary.close());

describe('the store as the networks of one Pod see it', () => {
  it('reads a pool once, whoever asks for it', async () => {
    const [one, other] = await Promise.all([store.readPool('small'), store.readPool('small')]);
    expect(other).toBe(one);
    expect(await store.readPool('small')).toBe(one);
    expect(reads).toStrictEqual(['small']);
  });

  it('offers no address to two of them', async () => {
    const pool = await store.readPool('small');
    const [one, other] = [store.candidates(pool)[Symbol.asyncIterator](), store.candidates(pool)];
    const first = await one.next();
    expect(first.done === true ? '' : formatAddress(first.value)).toBe('192.168.0.10');
    expect(await textsOf(other)).toStrictEqual(['192.168.0.11', '192.168.0.12']);
    expect(await one.next()).toMatchObject({ done: true });
  });
});

async function textsOf(addresses: AsyncIterable<Address>): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const one of addresses) all.push(formatAddress(one));
  return all;
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/ipam/address.ts';
import type { Allocation } from '../../../src/ipam/store.ts';
import { isJsonObject, type JsonObject } from '../../../src/system/json-object.ts';
import { address, manifest, owner } from '../sample.ts';
import { allocations, openFakeStore, pools, type FakeStore } from './fake-store.ts';

let opened: FakeStore;
let held: Allocation;
beforeEach(async () => {
  opened = await openFakeStore();
  opened.fake.objects.put(`${pools}/a`, manifest({ name: 'a', ranges: ['192.168.0.10-192.168.0.12'] }));
  const pool = await opened.store.readPool('a');
  ({ allocation: held } = await opened.store.create(pool, address('192.168.0.10'), owner('c')));
});
afterEach(() => opened.close());

/** Somebody changes the object, which stays the same one. */
async function change(changed: (spec: JsonObject) => JsonObject): Promise<void> {
  const path = `${allocations}/a.${formatAddress(held.address)}`;
  const { body } = await opened.client.send({ method: 'GET', path });
  const spec = isJsonObject(body['spec']) ? body['spec'] : {};
  await opened.client.send({ method: 'PUT', path, body: { ...body, spec: changed(spec) } });
}

describe('an allocation that was changed since it was read', () => {
  it('is released while its owner is the same', async () => {
    await change((spec) => ({ ...spec, note: 'somebody has been here' }));
    expect(await opened.store.release(held)).toBe('released');
    expect(opened.fake.objects.names(allocations)).toStrictEqual([]);
  });

  it('is left alone when it has another owner by now', async () => {
    const pod = { containerID: 'd', ifName: 'net1' };
    await change((spec) => ({ ...spec, owner: { network: 'other', pod } }));
    expect(await opened.store.release(held)).toBe('changed');
    expect(await opened.store.get('a', held.address)).toMatchObject({ owner: { network: 'other', pod } });
  });
});

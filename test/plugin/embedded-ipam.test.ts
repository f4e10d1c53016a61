import { afterEach, expect, it } from 'vitest';
import { parseAddress } from '../../src/ipam/address.ts';
import { createFilePools } from '../../src/ipam/file/pools.ts';
import type { Allocation } from '../../src/ipam/store.ts';
import { embeddedIpam } from '../../src/plugin/embedded-ipam.ts';
import type { JournalEntry } from '../../src/system/journal.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { manifest } from '../ipam/sample.ts';
import { contextOf } from './call-context.ts';

const resources = createResources();
afterEach(resources.release);

const pod = { namespace: '', name: '', uid: '', containerID: 'c1', ifName: 'net1', node: '' };
const owner = { network: 'blue', pod };

it('an ADD that was killed, after an earlier one with other pools, has the addresses of both released', async () => {
  const { path: dataDir } = await resources.use(makeTempDir('embedded'));
  const pools = createFilePools({ dataDir, now: () => new Date() });
  for (const net of [1, 2])
    await pools.applyPool(manifest({ name: `p${net}`, ranges: [`10.0.${net}.0/24`], gateway: `10.0.${net}.1` }), {
      force: false,
    });
  const context = contextOf(dataDir, 'net1');
  const { store } = context;
  for (const text of ['10.0.1.5', '10.0.2.5']) {
    const address = parseAddress(text);
    if (address !== undefined) await store.create(await store.readPool(`p${text[5]}`), address, owner);
  }
  expect(await heldIn(store.find({}))).toBe(2);
  const entry: JournalEntry = {
    containerID: 'c1',
    ifname: 'net1',
    network: 'blue',
    netns: '',
    hostInterface: '',
    confirmed: false,
    pools: ['p2'],
    addresses: [{ pool: 'p1', address: '10.0.1.5' }],
  };
  await embeddedIpam(context).del({ entry, addresses: [] });
  expect(await heldIn(store.find({}))).toBe(0);
});

async function heldIn(found: AsyncIterable<Allocation>): Promise<number> {
  let count = 0;
  for await (const { address } of found) count += address.family === 4 ? 1 : 0;
  return count;
}

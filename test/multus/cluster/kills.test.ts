import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { succeeded } from '../../fixture/outcome.ts';
import { noTraces } from '../../plugin/cluster/traces.ts';
import { ours, startMultusBed, type MultusBed } from './bed.ts';
import { findMultus } from './multus.ts';

const multus = await findMultus();
/** Milliseconds: from before the first network to the last one, however busy the machine is. */
const moments = Array.from({ length: 10 }, (_, index) => 50 + 50 * index);

describe.skipIf(multus.reason !== undefined)('Multus that is killed in an ADD', () => {
  let bed: MultusBed;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
    await bed.applyPools(
      { name: 'four', ranges: ['10.98.0.0/24'], gateway: '10.98.0.1', vlan: 98 },
      { name: 'six', ranges: ['fd00:98::/64'], gateway: 'fd00:98::1', prefixLength: 64, vlan: 98 },
    );
    const ipam = { type: ours, ippools: ['four', 'six'] };
    await bed.applyNetworks({ vlan98: { cniVersion: '1.1.0', type: ours, networkType: 'vlan', ipam } });
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  it.each(moments)('after %i ms, leaves nothing when DEL comes at once', async (moment) => {
    const pod = await bed.pod({ networks: 'vlan98,vlan98' });
    await bed.addUntilKilled(pod, moment);
    succeeded(await bed.del(pod));
    expect(await bed.traces()).toStrictEqual(noTraces);
    expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
  });
});

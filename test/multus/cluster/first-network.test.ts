import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, ipsOf, succeeded } from '../../fixture/outcome.ts';
import type { ClusterPod } from '../../plugin/cluster/pod.ts';
import { noTraces } from '../../plugin/cluster/traces.ts';
import { ours, startMultusBed, type MultusBed } from './bed.ts';
import { findMultus } from './multus.ts';

const multus = await findMultus();

/** Multus passes CHECK, STATUS and GC on to the first network of its own configuration, and to no other. */
const first = (pool: string) => ({
  delegates: [
    { cniVersion: '1.1.0', name: 'first', type: ours, networkType: 'vlan', ipam: { type: ours, ippools: [pool] } },
  ],
});

describe.skipIf(multus.reason !== undefined)('a network of ours that is the first one under Multus', () => {
  let bed: MultusBed;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
    await bed.applyPools({ name: 'four', ranges: ['10.94.0.0/24'], gateway: '10.94.0.1', vlan: 94 });
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  it('is checked: a difference is named', async () => {
    const pod = await bed.pod();
    const [address = ''] = ipsOf(await bed.add(pod, first('four')));
    succeeded(await bed.check(pod, first('four')));
    await pod.exec('ip', 'address', 'delete', address, 'dev', 'eth0');
    expect(errorOf(await bed.check(pod, first('four'))).msg).toContain(`the address ${address} is missing`);
    succeeded(await bed.del(pod, first('four')));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('is ready for Pods when its pool is there, says STATUS', async () => {
    succeeded(await bed.ask('STATUS', first('four')));
    const { code, msg } = errorOf(await bed.ask('STATUS', first('missing')));
    expect(code).toBe(50);
    expect(msg).toContain('pool missing does not exist');
  });

  it('keeps by GC what Multus knows, and loses what Multus has lost', async () => {
    const [known, lost] = [await bed.pod(), await bed.pod()];
    for (const pod of [known, lost]) succeeded(await bed.add(pod, first('four')));
    succeeded(await bed.ask('GC', first('four')));
    expect(await bed.held()).toHaveLength(2);
    forget(bed, lost);
    succeeded(await bed.ask('GC', first('four')));
    expect((await bed.allocations()).map(({ owner }) => owner)).toMatchObject([{ pod: { uid: known.uid } }]);
    expect(await linksOf(lost)).toStrictEqual(['lo']);
    expect(await linksOf(known)).toStrictEqual(['lo', 'eth0']);
    succeeded(await bed.del(known, first('four')));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

/** Removes what Multus, and libcni within it, keep of a Pod. */
function forget({ node }: MultusBed, { containerId }: ClusterPod): void {
  for (const folder of [join(node.dir, 'multus'), join(node.dir, 'multus/results')]) {
    for (const name of readdirSync(folder)) if (name.includes(containerId)) rmSync(join(folder, name));
  }
}

async function linksOf(pod: ClusterPod): Promise<readonly string[]> {
  return (await pod.links()).map(({ ifname }) => ifname);
}

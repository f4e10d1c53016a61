import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { objectsIn, textsAt, type JsonObject } from '../../fixture/json.ts';
import { errorOf, succeeded } from '../../fixture/outcome.ts';
import type { ClusterPod } from '../../plugin/cluster/pod.ts';
import { noTraces } from '../../plugin/cluster/traces.ts';
import { ours, startMultusBed, type MultusBed } from './bed.ts';
import { findMultus } from './multus.ts';

const multus = await findMultus();

const count = 20;
/** ANTREA_BURSTS=20 for more of them. */
const rounds = Number(process.env['ANTREA_BURSTS'] ?? 2);

describe.skipIf(multus.reason !== undefined)(`${count} Pods that start at once under Multus`, () => {
  let bed: MultusBed;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
    await bed.applyPools(
      { name: 'four', ranges: ['10.80.0.0/26'], gateway: '10.80.0.1', vlan: 80 },
      { name: 'six', ranges: ['fd00:80::100-fd00:80::113'], gateway: 'fd00:80::1', prefixLength: 64, vlan: 80 },
    );
    await bed.applyPools({ name: 'small', ranges: ['10.81.0.10-10.81.0.19'], gateway: '10.81.0.1' });
    await bed.applyNetworks({ vlan80: vlan('four', 'six'), small: vlan('small') });
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  it.each(Array.from({ length: rounds }, (_, index) => ({ round: index + 1 })))(
    'get two addresses each, none of them twice, and give all of them back (round $round)',
    async () => {
      const pods = await Promise.all(Array.from({ length: count }, () => bed.pod({ networks: 'vlan80' })));
      for (const outcome of await Promise.all(pods.map((pod) => bed.add(pod)))) succeeded(outcome);
      const given = (await Promise.all(pods.map(addressesIn))).flat();
      const reported = (await Promise.all(pods.map(bed.networkStatus))).flatMap(secondary);
      const held = (await bed.held()).map((one) => one.replace(/^.*\//u, ''));
      expect(new Set(given).size).toBe(2 * count);
      expect(held.toSorted()).toStrictEqual(given.toSorted());
      expect(reported.toSorted()).toStrictEqual(given.toSorted());
      for (const outcome of await Promise.all(pods.map((pod) => bed.del(pod)))) succeeded(outcome);
      expect(await bed.traces()).toStrictEqual(noTraces);
      await Promise.all(pods.flatMap((pod) => [pod.forget(), pod.remove()]));
    },
  );

  it('for ten addresses: ten get one, ten are told that the pool is exhausted and keep nothing', async () => {
    const pods = await Promise.all(Array.from({ length: count }, () => bed.pod({ networks: 'small' })));
    const outcomes = await Promise.all(pods.map(async (pod) => ({ pod, outcome: await bed.add(pod) })));
    const refused = outcomes.filter(({ outcome }) => outcome.code !== 0);
    expect(refused).toHaveLength(10);
    for (const { pod, outcome } of refused) {
      expect(errorOf(outcome).msg).toContain('exhausted pool small (all 10 addresses are held)');
      expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
    }
    const { held, ports, links, journal } = await bed.traces();
    expect([held, ports, links, journal].map((list) => new Set(list).size)).toStrictEqual([10, 10, 10, 10]);
    for (const outcome of await Promise.all(pods.map((pod) => bed.del(pod)))) succeeded(outcome);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

function vlan(...ippools: readonly string[]): JsonObject {
  return { cniVersion: '1.1.0', type: ours, networkType: 'vlan', ipam: { type: ours, ippools } };
}

async function addressesIn(pod: ClusterPod): Promise<readonly string[]> {
  const global = (await pod.addresses()).filter(({ ifname, scope }) => ifname === 'net1' && scope === 'global');
  return global.map(({ cidr }) => cidr.replace(/\/.*$/u, ''));
}

/** The addresses of `net1` in a network-status. */
function secondary(status: readonly JsonObject[]): readonly string[] {
  return objectsIn(status)
    .filter((entry) => entry['interface'] === 'net1')
    .flatMap((entry) => textsAt(entry, 'ips'));
}

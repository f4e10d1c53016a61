import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeNamespace } from '../../cluster/objects.ts';
import { poolPath } from '../../cluster/pools.ts';
import { isObject } from '../../fixture/json.ts';
import { errorOf, succeeded } from '../../fixture/outcome.ts';
import { noTraces } from '../../plugin/cluster/traces.ts';
import { startMultusBed, type MultusBed } from './bed.ts';
import { documents, guideNetworks, guidePools, guideVlan } from './guide.ts';
import { findMultus } from './multus.ts';

const multus = await findMultus();

describe.skipIf(multus.reason !== undefined)("what stands in Antrea's user guide", () => {
  let bed: MultusBed;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
    await bed.node.netns.exec('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'uplink');
    for (const name of ['eth0', 'uplink']) await bed.node.netns.exec('ip', 'link', 'set', name, 'up');
    await bed.applyPools(
      { name: 'vlan100-ipv4', ranges: ['10.10.100.0/24'], gateway: '10.10.100.1' },
      { name: 'vlan100-ipv6', ranges: ['fd00:100::/64'], gateway: 'fd00:100::1', prefixLength: 64 },
    );
    await makeNamespace(bed.cluster.admin, 'networks');
    await bed.applyNetworks({ ...guideNetworks, vlan100: guideVlan });
    await bed.applyNetworks({ vlan200: guideVlan.replace('100', '200') }, 'networks');
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  it.each(documents(guidePools).map((object) => ({ name: nameOf(object), object })))(
    'the pool $name is taken with a warning, and kept as it was written',
    async ({ name, object }) => {
      const { admin } = bed.cluster;
      const { status, warnings } = await admin.post(poolPath('v1alpha2'), object);
      expect(status).toBe(201);
      expect(warnings).toHaveLength(1);
      for (const version of ['v1alpha2', 'v1beta1']) {
        expect((await admin.get(`${poolPath(version)}/${name}`)).body['spec']).toStrictEqual(object['spec']);
      }
    },
  );

  it.each([
    { network: 'ipv4-net-1', families: [/^10\.10\.1\.\d+\/24$/u] },
    { network: 'dual-stack-net-1', families: [/^10\.10\.1\.\d+\/24$/u, /^3ffe:ffff:1:1ff::[12][0-9a-f]{2}\/64$/u] },
    { network: 'vlan100', families: [/^10\.10\.100\.\d+\/24$/u, /^fd00:100::[0-9a-f:]+\/64$/u] },
  ])('the network $network gives a Pod its addresses, and takes them back', async ({ network, families }) => {
    const pod = await bed.pod({ networks: network });
    succeeded(await bed.add(pod));
    const given = (await pod.addresses()).filter(({ ifname, scope }) => ifname === 'net1' && scope === 'global');
    expect(given).toHaveLength(families.length);
    for (const [index, family] of families.entries()) expect(given[index]?.cidr).toMatch(family);
    succeeded(await bed.del(pod));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('the network pool-and-static-net-1 has next hops that nobody can reach, so it leaves nothing behind', async () => {
    const pod = await bed.pod({ networks: 'pool-and-static-net-1' });
    expect(errorOf(await bed.add(pod)).msg).toContain('failed to add route');
    expect(await bed.traces()).toStrictEqual(noTraces);
    succeeded(await bed.del(pod));
  });

  it.each([
    { annotation: 'networks/vlan200@eth200', interfaces: ['eth200'] },
    {
      annotation: '[{"name": "vlan100"}, {"name": "vlan200", "namespace": "networks", "interface": "eth200"}]',
      interfaces: ['net1', 'eth200'],
    },
  ])('the annotation $annotation attaches $interfaces', async ({ annotation, interfaces }) => {
    const pod = await bed.pod({ networks: annotation });
    succeeded(await bed.add(pod));
    expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo', 'eth0', ...interfaces]);
    succeeded(await bed.del(pod));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

function nameOf({ metadata }: Readonly<Record<string, unknown>>): string {
  return isObject(metadata) ? String(metadata['name']) : '';
}

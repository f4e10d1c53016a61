import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../fixture/json.ts';
import { errorOf, resultOf, succeeded } from '../../fixture/outcome.ts';
import type { ClusterPod } from '../../plugin/cluster/pod.ts';
import { noTraces } from '../../plugin/cluster/traces.ts';
import { reaches } from '../../system/bed.ts';
import { ours, startMultusBed, type MultusBed } from './bed.ts';
import { findMultus } from './multus.ts';

const multus = await findMultus();

const macvlan = { type: 'macvlan', master: 'eth0', mode: 'bridge' };
const bridge = { type: 'bridge', bridge: 'br0' };

function network(plugin: JsonObject, more: JsonObject = {}): JsonObject {
  return { cniVersion: '1.0.0', ...plugin, ipam: { type: ours, ippools: ['four', 'six'], ...more } };
}

describe.skipIf(multus.reason !== undefined)('another plugin under Multus, with our IPAM,', () => {
  let bed: MultusBed;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
    await bed.node.netns.exec('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'uplink');
    for (const name of ['eth0', 'uplink']) await bed.node.netns.exec('ip', 'link', 'set', name, 'up');
    await bed.applyPools(
      { name: 'four', ranges: ['10.50.0.2-10.50.0.3'], gateway: '10.50.0.1', vlan: 50 },
      { name: 'six', ranges: ['fd00:50::2-fd00:50::3'], gateway: 'fd00:50::1', prefixLength: 64, vlan: 60 },
    );
    await bed.applyNetworks({
      macvlan: network(macvlan),
      bridge: network(bridge),
      asking: { ...network(macvlan), capabilities: { ips: true } },
    });
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  async function detached(...pods: readonly ClusterPod[]): Promise<void> {
    for (const pod of pods) succeeded(await bed.del(pod));
    expect(await bed.traces()).toStrictEqual(noTraces);
  }

  it.each([{ name: 'macvlan' }, { name: 'bridge' }])(
    '$name: two Pods get an address of each pool, whatever their VLANs, and reach each other',
    async ({ name }) => {
      const [one, two] = [await bed.pod({ networks: `${name}@data0` }), await bed.pod({ networks: name })];
      for (const pod of [one, two]) succeeded(await bed.add(pod));
      const [, status] = await bed.networkStatus(one);
      const [four, six] = await addresses(one, 'data0');
      const link = (await one.links()).find(({ ifname }) => ifname === 'data0');
      expect(status).toStrictEqual({
        name: `shop/${name}`,
        interface: 'data0',
        ips: [four, six].map((cidr) => cidr?.split('/')[0]),
        mac: link?.mac,
        dns: {},
      });
      expect(await bed.held()).toStrictEqual(['four/10.50.0.2', 'four/10.50.0.3', 'six/fd00:50::2', 'six/fd00:50::3']);
      for (const address of await addresses(two, 'net1')) expect(await reaches(one, address)).toBe(true);
      await detached(one, two);
    },
  );

  it('writes down whose the addresses are', async () => {
    const pod = await bed.pod({ networks: 'macvlan' });
    succeeded(await bed.add(pod));
    const { podName: name, uid, containerId: containerID } = pod;
    const owner = { namespace: 'shop', name, uid, containerID, ifName: 'net1', node: 'node-1' };
    for (const one of await bed.allocations()) expect(one['owner']).toStrictEqual({ network: 'macvlan', pod: owner });
    await detached(pod);
  });

  it('gives the address that the Pod asks for', async () => {
    const pod = await bed.pod({ networks: [{ name: 'asking', ips: ['10.50.0.3', 'fd00:50::3'] }] });
    succeeded(await bed.add(pod));
    expect(await addresses(pod, 'net1')).toStrictEqual(['10.50.0.3/24', 'fd00:50::3/64']);
    await detached(pod);
  });

  it('is checked where it is the first network: an address that is not held any more is named', async () => {
    const first = { delegates: [{ ...network(macvlan), name: 'macvlan' }] };
    const pod = await bed.pod();
    expect(resultOf(await bed.add(pod, first))['ips']).toHaveLength(2);
    succeeded(await bed.check(pod, first));
    const [held = ''] = await bed.held();
    await bed.cluster.admin.remove(`/apis/crd.antrea.io/v1beta1/ipallocations/${held.replace('/', '.')}`);
    expect(errorOf(await bed.check(pod, first)).msg).toContain(`${held.replace('four/', '')}/24 is not allocated`);
    succeeded(await bed.del(pod, first));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it.each([{ name: 'macvlan' }, { name: 'bridge' }])(
    '$name gives its addresses back when the sandbox is gone before DEL',
    async ({ name }) => {
      const pod = await bed.pod({ networks: name });
      succeeded(await bed.add(pod));
      await pod.remove();
      await detached(pod);
    },
  );

  it('says which pool is full', async () => {
    const [one, two, three] = [
      await bed.pod({ networks: 'macvlan,macvlan' }),
      await bed.pod(),
      await bed.pod({ networks: 'bridge' }),
    ];
    for (const pod of [one, two]) succeeded(await bed.add(pod));
    const { msg } = errorOf(await bed.add(three));
    expect(msg).toContain('exhausted pools four (all 2 addresses are held), six (all 2 addresses are held)');
    expect(await bed.held()).toHaveLength(4);
    await detached(three, two, one);
  });
});

async function addresses(pod: ClusterPod, ifname: string): Promise<readonly string[]> {
  const global = (await pod.addresses()).filter((one) => one.ifname === ifname && one.scope === 'global');
  return global.map(({ cidr }) => cidr);
}

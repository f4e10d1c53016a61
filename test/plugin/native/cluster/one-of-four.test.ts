import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findClusterTools } from '../../../cluster/tools.ts';
import { errorOf, succeeded } from '../../../fixture/outcome.ts';
import { ours } from '../../cluster/networks.ts';
import type { ClusterPod } from '../../cluster/pod.ts';
import { nothing, startNativeBed, type NativeBed } from './bed.ts';
import { prepareNetworks } from './networks.ts';

const tools = await findClusterTools();
const vlan = { cniVersion: '1.1.0', type: ours, networkType: 'vlan' };

// By way of ovsdb; that both drivers say which port it is about, test/system/ovs-drivers.test.ts shows.
describe.skipIf(tools.dir === undefined)('four VLAN networks of a Pod', () => {
  let bed: NativeBed;
  beforeAll(async () => {
    bed = await startNativeBed({ bridges: ['br-gone', 'br-going'] });
    await prepareNetworks(bed);
    await bed.node.ovs.addBridge('br-going');
    await bed.node.ovs.vsctl('set', 'bridge', 'br-going', 'external_ids:antrea-cni-draining=true');
    const ipam = { type: ours, ippools: ['green'], routes: [{ dst: '192.168.0.0/16', gw: '172.16.0.1' }] };
    await bed.applyNetworks({
      gone: { ...vlan, bridge: 'br-gone' },
      going: { ...vlan, bridge: 'br-going' },
      lost: { ...vlan, ipam },
      tiny: { ...vlan, mtu: 1000, ipam: { type: ours, ippools: ['six'] } },
    });
    await bed.applyPools({ name: 'six', ranges: ['fd00:90::/120'], gateway: 'fd00:90::1' });
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  it('are attached and detached in one go', async () => {
    const pod = await bed.pod({ networks: 'blue,green,wide,bare' });
    succeeded(await bed.add(pod));
    expect((await bed.remains()).ports).toHaveLength(4);
    succeeded(await bed.call('CHECK', pod));
    succeeded(await bed.del(pod));
    expect(await bed.remains()).toStrictEqual(nothing);
  });

  it.each([
    { bad: 'gone', code: 102, says: /: Open vSwitch: no bridge named br-gone$/u },
    { bad: 'going', code: 11, says: /: the bridge br-going is going away, and takes no new ports$/u },
    {
      bad: 'lost',
      code: 102,
      says: /: "ip route append 192\.168\.0\.0\/16 via 172\.16\.0\.1 dev net2" fails in the network/u,
    },
    { bad: 'tiny', code: 2, says: /: mtu 1000 is too small for IPv6/u },
  ])('are all taken back when one cannot be had, which the message names: $bad', async ({ bad, code, says }) => {
    const pod = await bed.pod({ networks: `blue,${bad},wide,bare` });
    const error = errorOf(await bed.add(pod));
    expect(error.msg).toMatch(new RegExp(`^network shop/${bad}(?: \\(net2\\))?: `, 'u'));
    expect(error.msg).toMatch(says);
    expect(error.code).toBe(code);
    expect(await bed.remains()).toStrictEqual(nothing);
    expect(await linksOf(pod)).toStrictEqual(['eth0', 'lo']);
  });

  it('are all taken back when an interface of that name is there: it stays', async () => {
    const pod = await bed.pod({ networks: 'blue,green,wide,bare' });
    await pod.exec('ip', 'link', 'add', 'net3', 'type', 'bridge');
    const { code, msg } = errorOf(await bed.add(pod));
    expect(msg).toBe('network shop/wide (net3): the interface net3 exists already in the network namespace');
    expect(code).toBe(102);
    expect(await bed.remains()).toStrictEqual(nothing);
    expect(await linksOf(pod)).toStrictEqual(['eth0', 'lo', 'net3']);
  });

  it('are all taken back when Open vSwitch is away; it is about all of them', async () => {
    const pod = await bed.pod({ networks: 'blue,green,wide,bare' });
    await bed.node.ovs.ovsdb.kill();
    try {
      const { code, msg } = errorOf(await bed.add(pod));
      const all = ['blue (net1)', 'green (net2)', 'wide (net3)', 'bare (net4)']
        .map((name) => `shop/${name}`)
        .join(', ');
      expect(msg).toContain(`network ${all}: Open vSwitch's database cannot be reached at `);
      expect(code).toBe(11);
    } finally {
      await bed.node.ovs.restart();
    }
    expect(await bed.remains()).toStrictEqual(nothing);
    expect(await linksOf(pod)).toStrictEqual(['eth0', 'lo']);
  });
});

async function linksOf(pod: ClusterPod): Promise<readonly string[]> {
  return (await pod.links()).map(({ ifname }) => ifname).toSorted();
}

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findClusterTools } from '../../../cluster/tools.ts';
import { succeeded } from '../../../fixture/outcome.ts';
import { manifest } from '../../../ipam/sample.ts';
import { ours } from '../../cluster/networks.ts';
import type { ClusterPod } from '../../cluster/pod.ts';
import { nothing, startNativeBed, type NativeBed } from './bed.ts';

const tools = await findClusterTools();

/** What Antrea's own end-to-end test of secondary networks makes, and asks of them: who comes from there has such objects. */
const pools = [
  { name: 'secnet-ipv4-1', ranges: ['148.14.24.0/24'], gateway: '148.14.24.1' },
  { name: 'secnet-ipv4-2', ranges: ['148.14.25.111-148.14.25.123'], gateway: '148.14.25.1' },
  { name: 'secnet-ipv4-3', ranges: ['148.14.26.0/24'], gateway: '148.14.26.1', vlan: 300 },
  { name: 'secnet-ipv6-3', ranges: ['10:2400::0/96'], gateway: '10:2400::1', prefixLength: 64 },
];

const network = (more: object, ...ippools: readonly string[]) => ({
  cniVersion: '0.3.0',
  type: ours,
  networkType: 'vlan',
  ...more,
  ipam: { type: ours, ippools },
});

const networks = {
  'vlan-net1': network({ mtu: 1200, vlan: 100 }, 'secnet-ipv4-1'),
  'vlan-net2': network({}, 'secnet-ipv4-2'),
  'vlan-net3': network({}, 'secnet-ipv4-3', 'secnet-ipv6-3'),
};

/** As that test writes the annotation: the order is that of a Go map, so any. */
const annotation = (...pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([name, ifname]) => ({ name, namespace: 'default', interface: ifname }));

describe.skipIf(tools.dir === undefined)("networks that were made for Antrea's own agent", () => {
  let bed: NativeBed;
  beforeAll(async () => {
    bed = await startNativeBed();
    for (const pool of pools) await bed.apply(manifest(pool));
    await bed.applyNetworks(networks, 'default');
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  it('attach Pods of another Namespace by the names of interfaces that they ask for, and these reach each other', async () => {
    const one = await bed.pod({ networks: annotation(['vlan-net1', 'eth1'], ['vlan-net2', 'eth2']) });
    const two = await bed.pod({ networks: annotation(['vlan-net3', 'eth2'], ['vlan-net1', 'eth1']) });
    const three = await bed.pod({ networks: annotation(['vlan-net2', 'eth1']) });
    for (const pod of [one, two, three]) succeeded(await bed.add(pod));
    const [first, second] = [await addressOf(one, 'eth1'), await addressOf(two, 'eth1')];
    await one.exec('ping', '-c', '1', '-w', '10', second);
    await two.exec('ping', '-c', '1', '-w', '10', first);
    await three.exec('ping', '-c', '1', '-w', '10', await addressOf(one, 'eth2'));
    expect(await one.exec('ip', 'link', 'show', 'eth1')).toContain(' mtu 1200 ');
    expect(await two.exec('ip', '-6', 'address', 'show', 'eth2')).toContain('10:2400::');
    expect(await tags()).toStrictEqual([0, 0, 100, 100, 300]);
    for (const pod of [one, two, three]) succeeded(await bed.del(pod));
    expect(await bed.remains()).toStrictEqual(nothing);
  });

  /** VLANs of the Pods' ports, sorted. */
  async function tags(): Promise<readonly number[]> {
    const { ovs, bridge } = bed.node;
    const names = await ovs.ports(bridge);
    const rows = (await ovs.rows('Port', 'name', 'tag')).filter(({ name }) => names.includes(String(name)));
    return rows.map(({ tag }) => Number(tag)).toSorted((a, b) => a - b);
  }
});

async function addressOf(pod: ClusterPod, ifname: string): Promise<string> {
  const text = await pod.exec('ip', '-4', '-o', 'address', 'show', ifname);
  return /inet ([0-9.]+)\//u.exec(text)?.[1] ?? '';
}

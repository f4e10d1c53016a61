import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeNamespace } from '../../cluster/objects.ts';
import { isObject, type JsonObject } from '../../fixture/json.ts';
import { errorOf, resultOf, succeeded } from '../../fixture/outcome.ts';
import { manifest } from '../../ipam/sample.ts';
import type { ClusterPod } from '../../plugin/cluster/pod.ts';
import { noTraces } from '../../plugin/cluster/traces.ts';
import { ours, startMultusBed, type MultusBed } from './bed.ts';
import { findMultus } from './multus.ts';

const multus = await findMultus();

/** One address each, so that a test can tell which. */
const pools = [
  { name: 'vlan100-ipv4', ranges: ['10.10.1.10-10.10.1.10'], gateway: '10.10.1.1', vlan: 100 },
  {
    name: 'vlan100-ipv6',
    ranges: ['fd00:10:1::10-fd00:10:1::10'],
    gateway: 'fd00:10:1::1',
    prefixLength: 64,
    vlan: 100,
  },
  { name: 'vlan200', ranges: ['10.20.0.10-10.20.0.10'], gateway: '10.20.0.1' },
  { name: 'wide', ranges: ['10.30.0.0/24'], gateway: '10.30.0.1', vlan: 300 },
  { name: 'wide-ipv6', ranges: ['fd00:30::/64'], gateway: 'fd00:30::1', prefixLength: 64, vlan: 300 },
];

const vlan = (more: JsonObject, ...ippools: readonly string[]): JsonObject => ({
  cniVersion: '1.1.0',
  type: ours,
  networkType: 'vlan',
  ...more,
  ...(ippools.length > 0 && { ipam: { type: ours, ippools } }),
});
interface Entry {
  readonly name: string;
  readonly interface: string;
  readonly ips?: readonly string[];
  readonly mtu: number;
}

const capabilities = { capabilities: { ips: true, mac: true } };

describe.skipIf(multus.reason !== undefined)('a Pod whose VLAN networks Multus attaches', () => {
  let bed: MultusBed;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
    await bed.applyPools(...pools);
    await makeNamespace(bed.cluster.admin, 'networks');
    await bed.applyNetworks({
      vlan100: vlan({ mtu: 1400 }, 'vlan100-ipv4', 'vlan100-ipv6'),
      bare: vlan({ vlan: 7 }),
      wide: vlan({}, 'wide', 'wide-ipv6'),
      asked: vlan(capabilities, 'wide', 'wide-ipv6'),
    });
    await bed.applyNetworks({ vlan200: vlan({ vlan: 200 }, 'vlan200') }, 'networks');
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  const master = { name: 'cluster-network', interface: 'eth0', default: true };

  async function attached(networks: string | readonly object[]): Promise<ClusterPod> {
    const pod = await bed.pod({ networks });
    succeeded(await bed.add(pod));
    return pod;
  }

  async function detached(pod: ClusterPod): Promise<void> {
    succeeded(await bed.del(pod));
    expect(await bed.traces()).toStrictEqual(noTraces);
    expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
  }

  it.each<{ readonly annotation: string; readonly status: readonly Entry[] }>([
    {
      annotation: 'vlan100',
      status: [{ name: 'shop/vlan100', interface: 'net1', ips: ['10.10.1.10', 'fd00:10:1::10'], mtu: 1400 }],
    },
    {
      annotation: 'networks/vlan200@eth200',
      status: [{ name: 'networks/vlan200', interface: 'eth200', ips: ['10.20.0.10'], mtu: 1500 }],
    },
    { annotation: 'bare', status: [{ name: 'shop/bare', interface: 'net1', mtu: 1500 }] },
    {
      annotation:
        '[{"name":"vlan100"},{"name":"vlan200","namespace":"networks","interface":"eth200"},{"name":"bare","interface":"tap0"}]',
      status: [
        { name: 'shop/vlan100', interface: 'net1', ips: ['10.10.1.10', 'fd00:10:1::10'], mtu: 1400 },
        { name: 'networks/vlan200', interface: 'eth200', ips: ['10.20.0.10'], mtu: 1500 },
        { name: 'shop/bare', interface: 'tap0', mtu: 1500 },
      ],
    },
  ])('$annotation: network-status says what is there', async ({ annotation, status }) => {
    const pod = await attached(annotation);
    const links = await pod.links();
    const described = status.map((one) => ({
      ...one,
      mac: links.find(({ ifname }) => ifname === one.interface)?.mac,
      dns: {},
    }));
    const [primary, ...secondary] = await bed.networkStatus(pod);
    expect(primary).toMatchObject(master);
    expect(secondary).toStrictEqual(described);
    const present = (await addressesOf(pod)).map((line) => line.replace(/\/\d+$/u, ''));
    expect(present).toStrictEqual(status.flatMap((one) => (one.ips ?? []).map((ip) => `${one.interface} ${ip}`)));
    for (const { mtu, interface: ifname } of status) {
      expect(links.find((link) => link.ifname === ifname)).toMatchObject({ mtu, up: true, operstate: 'UP' });
    }
    await detached(pod);
  });

  it('gives Multus the result of its first network alone, as runtimes expect', async () => {
    const pod = await bed.pod({ networks: 'vlan100' });
    const result = resultOf(await bed.add(pod));
    expect(result['interfaces']).toMatchObject([{}, { name: 'eth0', sandbox: pod.path }]);
    await detached(pod);
  });

  it('has ports on the VLANs of network and pool, and allocations that say whose they are', async () => {
    const pod = await attached([{ name: 'vlan100' }, { name: 'vlan200', namespace: 'networks', interface: 'eth200' }]);
    const ports = (await bed.node.ovs.rows('Port', 'tag', 'external_ids')).filter(({ tag }) => tag !== undefined);
    const ids = { 'antrea-cni': 'container', 'pod-namespace': 'shop', 'pod-name': pod.podName, 'net-ns': pod.path };
    expect(ports.toSorted((a, b) => Number(a['tag']) - Number(b['tag']))).toMatchObject([
      { tag: 100, external_ids: { ...ids, 'if-dev': 'net1', network: 'vlan100' } },
      { tag: 200, external_ids: { ...ids, 'if-dev': 'eth200', network: 'vlan200' } },
    ]);
    const who = { namespace: 'shop', name: pod.podName, uid: pod.uid, containerID: pod.containerId, node: 'node-1' };
    const [net1, eth200] = [
      { network: 'vlan100', pod: { ...who, ifName: 'net1' } },
      { network: 'vlan200', pod: { ...who, ifName: 'eth200' } },
    ];
    const poolUID = expect.any(String) as unknown;
    expect(await bed.allocations()).toStrictEqual([
      { pool: 'vlan100-ipv4', poolUID, address: '10.10.1.10', phase: 'Allocated', owner: net1 },
      { pool: 'vlan100-ipv6', poolUID, address: 'fd00:10:1::10', phase: 'Allocated', owner: net1 },
      { pool: 'vlan200', poolUID, address: '10.20.0.10', phase: 'Allocated', owner: eth200 },
    ]);
    await detached(pod);
  });

  it('has two interfaces with addresses of their own when it names a network twice', async () => {
    const pod = await attached('wide,wide');
    expect(new Set(await bed.held()).size).toBe(4);
    const ifnames = (await addressesOf(pod)).map((line) => line.split(' ')[0]);
    expect(ifnames).toStrictEqual(['net1', 'net1', 'net2', 'net2']);
    await detached(pod);
  });

  it.each([
    { network: 'asked', how: 'as capabilities' },
    { network: 'wide', how: 'in CNI_ARGS, where the network declares no capability' },
  ])('gets the addresses and the MAC address that it asks for, $how', async ({ network }) => {
    const mac = '02:42:ac:11:00:02';
    const ips = ['10.30.0.77/24', 'fd00:30::77/64'];
    const pod = await attached([{ name: network, interface: 'data0', ips, mac }]);
    expect(await addressesOf(pod)).toStrictEqual(ips.map((ip) => `data0 ${ip}`));
    expect(await bed.networkStatus(pod)).toMatchObject([
      master,
      { name: `shop/${network}`, interface: 'data0', ips: ['10.30.0.77', 'fd00:30::77'], mac },
    ]);
    expect(await bed.held()).toStrictEqual(['wide-ipv6/fd00:30::77', 'wide/10.30.0.77']);
    await detached(pod);
  });

  it.each([
    { asks: { ips: ['10.99.0.1'] }, says: '10.99.0.1' },
    { asks: { ips: ['10.30.0.1'] }, says: '10.30.0.1' },
    { asks: { mac: '01:00:5e:00:00:01' }, says: 'multicast' },
  ])('is told what it may not ask for: $asks', async ({ asks, says }) => {
    const pod = await bed.pod({ networks: [{ name: 'asked', ...asks }] });
    const { msg } = errorOf(await bed.add(pod));
    expect(msg).toContain(`[shop/${pod.podName}/${pod.uid}:asked]`);
    expect(msg).toContain(says);
    await detached(pod);
  });

  it('takes its default route from the network that the annotation says', async () => {
    const pod = await attached([{ name: 'wide', 'default-route': ['10.30.0.1', 'fd00:30::1'] }]);
    const defaults = (await pod.routes()).filter(({ dst }) => dst === 'default');
    expect(defaults.map(({ dev, gateway }) => `${dev} ${gateway}`)).toStrictEqual([
      'net1 10.30.0.1',
      'net1 fd00:30::1',
    ]);
    await detached(pod);
  });

  it('may use a pool for which its Namespace has the labels, and no other', async () => {
    await bed.apply(selecting('own', 'shop'), selecting('foreign', 'bank'));
    await bed.applyNetworks({ own: vlan({}, 'own'), foreign: vlan({}, 'foreign') });
    await detached(await attached('own'));
    const pod = await bed.pod({ networks: 'foreign' });
    expect(errorOf(await bed.add(pod)).msg).toContain('Namespace shop may not use pool foreign');
    await detached(pod);
  });
});

/** `net1 10.10.1.10/24`, in the kernel's order, without eth0 and what is link-local. */
async function addressesOf(pod: ClusterPod): Promise<readonly string[]> {
  const all = (await pod.addresses()).filter(({ ifname, scope }) => scope === 'global' && ifname !== 'eth0');
  return all.map(({ ifname, cidr }) => `${ifname} ${cidr}`);
}

/** A pool for the Namespaces of a team. */
function selecting(name: string, team: string): JsonObject {
  const object = manifest({ name, ranges: ['10.40.0.0/24'], gateway: '10.40.0.1' });
  const spec = isObject(object['spec']) ? object['spec'] : {};
  return { ...object, spec: { ...spec, namespaceSelector: { matchLabels: { team } } } };
}

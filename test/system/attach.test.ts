import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectsIn } from '../fixture/json.ts';
import { resultOf, succeeded } from '../fixture/outcome.ts';
import { until } from '../fixture/until.ts';
import {
  attachment,
  answersAtOnce,
  hostInterfaceOf,
  ipam,
  network,
  noTraces,
  reaches,
  startBed,
  type Bed,
  type Pod,
} from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
  await bed.applyPools(
    { name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1', vlan: 100 },
    { name: 'six', ranges: ['fd00:10:1::10-fd00:10:1::60'], gateway: 'fd00:10:1::1', prefixLength: 64, vlan: 100 },
    { name: 'far-four', ranges: ['10.10.1.70-10.10.1.90'], gateway: '10.10.1.1', vlan: 200 },
    { name: 'far-six', ranges: ['fd00:10:1::70-fd00:10:1::90'], gateway: 'fd00:10:1::1', prefixLength: 64, vlan: 200 },
    { name: 'plain', ranges: ['10.20.0.10-10.20.0.60'], gateway: '10.20.0.1' },
  );
});
afterAll(() => bed.stop());

const mac = '02:42:ac:11:00:02';
const routes = [{ dst: '192.168.0.0/16' }, { dst: '172.16.0.0/12', gw: '10.10.1.9' }, { dst: '2001:db8::/32' }];
const dns = { nameservers: ['10.10.1.2'], domain: 'example.com', search: ['example.com'] };

function full(cniVersion: string) {
  const section = { type: 'antrea', ippools: ['four', 'six'], routes, dns };
  return network({ cniVersion, mac, mtu: 1400, ipam: section });
}

describe('what ADD answers, in the shape of each version', () => {
  it.each(['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'])('%s', async (cniVersion) => {
    const pod = await bed.pod();
    const wanted = attachment(pod, full(cniVersion));
    const added = await bed.runtime.add(wanted);
    const name = hostInterfaceOf(added);
    const hostMAC = (await bed.node.netns.links()).find(({ ifname }) => ifname === name)?.mac;
    const [four, six] = await bed.held();
    const newest = cniVersion === '1.1.0';
    const old = cniVersion.startsWith('0');
    expect(added.json).toStrictEqual({
      cniVersion,
      interfaces: [
        { name, mac: hostMAC, ...(newest && { mtu: 1400 }) },
        { name: 'net1', mac, ...(newest && { mtu: 1400 }), sandbox: pod.path },
      ],
      ips: [
        { ...(old && { version: '4' }), interface: 1, address: '10.10.1.10/24', gateway: '10.10.1.1' },
        { ...(old && { version: '6' }), interface: 1, address: 'fd00:10:1::10/64', gateway: 'fd00:10:1::1' },
      ],
      routes,
      dns,
    });
    expect([four, six]).toStrictEqual(['four/10.10.1.10', 'six/fd00:10:1::10']);
    expect(added.stderr).toBe('');
    const deleted = await bed.runtime.del(wanted);
    expect(deleted).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it.each(['0.1.0', '0.2.0'])('%s', async (cniVersion) => {
    const wanted = attachment(await bed.pod(), full(cniVersion));
    expect((await bed.runtime.add(wanted)).json).toStrictEqual({
      cniVersion,
      ip4: {
        ip: '10.10.1.10/24',
        gateway: '10.10.1.1',
        routes: [{ dst: '192.168.0.0/16' }, { dst: '172.16.0.0/12', gw: '10.10.1.9' }],
      },
      ip6: { ip: 'fd00:10:1::10/64', gateway: 'fd00:10:1::1', routes: [{ dst: '2001:db8::/32' }] },
      dns,
    });
    succeeded(await bed.runtime.del(wanted));
  });
});

describe('what is there after ADD', () => {
  it('is the interface with name, MAC, MTU, addresses and routes; a route without gateway takes that of its family', async () => {
    const pod = await bed.pod();
    const wanted = attachment(pod, full('1.1.0'));
    succeeded(await bed.runtime.add(wanted));
    // The kernel says a moment later that a link works.
    const works = async (): Promise<boolean> => (await pod.links()).at(-1)?.operstate === 'UP';
    await until(works, { what: 'a link that works' });
    expect(await pod.links()).toMatchObject([
      { ifname: 'lo' },
      { ifname: 'net1', mac, mtu: 1400, up: true, operstate: 'UP', kind: 'veth' },
    ]);
    const ofNet1 = (await pod.addresses()).filter(({ ifname }) => ifname === 'net1');
    expect(ofNet1.filter(({ scope }) => scope === 'global')).toStrictEqual([
      { ifname: 'net1', cidr: '10.10.1.10/24', family: 4, scope: 'global', tentative: false },
      { ifname: 'net1', cidr: 'fd00:10:1::10/64', family: 6, scope: 'global', tentative: false },
    ]);
    const inside = (await pod.routes()).filter(({ dev, dst }) => dev === 'net1' && dst !== 'fe80::/64');
    expect(inside).toStrictEqual([
      { dst: '10.10.1.0/24', gateway: undefined, dev: 'net1', family: 4 },
      { dst: '172.16.0.0/12', gateway: '10.10.1.9', dev: 'net1', family: 4 },
      { dst: '192.168.0.0/16', gateway: '10.10.1.1', dev: 'net1', family: 4 },
      { dst: '2001:db8::/32', gateway: 'fd00:10:1::1', dev: 'net1', family: 6 },
      { dst: 'fd00:10:1::/64', gateway: undefined, dev: 'net1', family: 6 },
    ]);
    succeeded(await bed.runtime.del(wanted));
  });

  it('is a port that says whose it is, and a host interface without IPv6 that names the Pod', async () => {
    const pod = await bed.pod();
    const args = { IgnoreUnknown: '1', K8S_POD_NAMESPACE: 'shop', K8S_POD_NAME: 'web-0', K8S_POD_UID: 'u-1' };
    const wanted = attachment(pod, full('1.1.0'), { args });
    const name = hostInterfaceOf(await bed.runtime.add(wanted));
    expect(name).toMatch(/^av[a-z2-7]{13}$/u);
    const port = await bed.port(name);
    expect(port).toMatchObject({ vlan_mode: 'access', tag: 100, trunks: undefined, error: undefined });
    expect(port['ofport']).toBeGreaterThan(0);
    expect(port['external_ids']).toStrictEqual({
      'antrea-cni': 'container',
      'container-id': pod.containerId,
      'if-dev': 'net1',
      network: 'vlan100',
      'pod-namespace': 'shop',
      'pod-name': 'web-0',
      'net-ns': pod.path,
      'attached-mac': mac,
      'ip-address': '10.10.1.10,fd00:10:1::10',
    });
    expect(await bed.node.ovs.ports(bed.node.bridge)).toStrictEqual([name]);
    const link = (await bed.node.netns.links()).find(({ ifname }) => ifname === name);
    expect(link).toMatchObject({ up: true, mtu: 1400, addrgenmode: 'none', alias: 'shop/web-0/net1', kind: 'veth' });
    const hostAddresses = (await bed.node.netns.addresses()).filter(({ ifname }) => ifname === name);
    expect(hostAddresses).toStrictEqual([]);
    succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
    expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
  });

  it('is the same MAC whenever the same attachment is made again, and another for any other', async () => {
    const [pod, other] = [await bed.pod(), await bed.pod()];
    const macs: unknown[] = [];
    for (const wanted of [attachment(pod, network()), attachment(pod, network()), attachment(other, network())]) {
      macs.push((await containerInterface(wanted))['mac']);
      succeeded(await bed.runtime.del(wanted));
    }
    expect(macs[0]).toMatch(/^02(:[0-9a-f]{2}){5}$/u);
    expect(macs[1]).toBe(macs[0]);
    expect(macs[2]).not.toBe(macs[0]);
  });
});

describe('VLAN and MTU', () => {
  it.each([
    {
      case: 'of the network when the pool has none',
      conf: { vlan: 101, mtu: 1600, ...ipam('plain') },
      tag: 101,
      mtu: 1600,
    },
    { case: 'of the pool when the network says 0', conf: { vlan: 0, ...ipam('four') }, tag: 100, mtu: 1500 },
    {
      case: 'of the pool when the network says nothing',
      conf: { vlan: undefined, ...ipam('four') },
      tag: 100,
      mtu: 1500,
    },
    { case: 'of the network when the pool has another', conf: { vlan: 101, ...ipam('far-four') }, tag: 101, mtu: 1500 },
    { case: 'untagged when neither has one', conf: { vlan: 0, mtu: 0, ...ipam('plain') }, tag: 0, mtu: 1500 },
    { case: 'untagged without IPAM', conf: { vlan: undefined }, tag: 0, mtu: 1500 },
  ])('$case', async ({ conf, tag, mtu }) => {
    const pod = await bed.pod();
    const wanted = attachment(pod, network(conf));
    const port = await bed.port(hostInterfaceOf(await bed.runtime.add(wanted)));
    expect(port).toMatchObject({ vlan_mode: 'access', tag, trunks: undefined });
    expect((await pod.links()).find(({ ifname }) => ifname === 'net1')).toMatchObject({ mtu });
    succeeded(await bed.runtime.del(wanted));
  });

  it('without IPAM there is an interface that is up, and no address is taken', async () => {
    const pod = await bed.pod();
    const wanted = attachment(pod, network());
    const result = resultOf(await bed.runtime.add(wanted));
    expect(Object.keys(result)).toStrictEqual(['cniVersion', 'interfaces']);
    expect((await pod.links()).find(({ ifname }) => ifname === 'net1')).toMatchObject({ up: true });
    expect(await bed.held()).toStrictEqual([]);
    succeeded(await bed.runtime.del(wanted));
  });
});

describe('who reaches whom', () => {
  it('two Pods of a VLAN reach each other at once over IPv4 and IPv6, and not a Pod of another VLAN in the same subnet', async () => {
    const [one, two, stranger] = [await bed.pod(), await bed.pod(), await bed.pod()];
    const near = network(ipam('four', 'six'));
    const far = network({ name: 'vlan200', vlan: undefined, ...ipam('far-four', 'far-six') });
    succeeded(await bed.runtime.add(attachment(one, near)));
    succeeded(await bed.runtime.add(attachment(stranger, far)));
    succeeded(await bed.runtime.add(attachment(two, near)));
    // Nobody has to wait for duplicate address detection.
    for (const pod of [one, two, stranger]) expect(await tentativeIn(pod)).toStrictEqual([]);
    expect(await reaches(one, 'fd00:10:1::11')).toBe(true);
    expect(await reaches(two, 'fd00:10:1::10')).toBe(true);
    expect(await reaches(one, '10.10.1.11')).toBe(true);
    expect(await reaches(two, '10.10.1.10')).toBe(true);
    const lost = await Promise.all([
      answersAtOnce(stranger, '10.10.1.10'),
      answersAtOnce(stranger, 'fd00:10:1::10'),
      answersAtOnce(one, '10.10.1.70'),
      answersAtOnce(one, 'fd00:10:1::70'),
    ]);
    expect(lost).toStrictEqual([false, false, false, false]);
    succeeded(await bed.runtime.del(attachment(one, near)));
    succeeded(await bed.runtime.del(attachment(two, near)));
    succeeded(await bed.runtime.del(attachment(stranger, far)));
  });

  it('an IPv6 address that a container runtime has switched off for new interfaces works all the same', async () => {
    const pod = await bed.pod();
    await pod.exec('sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6');
    const wanted = attachment(pod, network(ipam('six')));
    succeeded(await bed.runtime.add(wanted));
    expect((await pod.addresses()).map(({ cidr }) => cidr)).toContain('fd00:10:1::10/64');
    succeeded(await bed.runtime.del(wanted));
  });
});

async function tentativeIn(pod: Pod): Promise<readonly string[]> {
  const all = (await pod.addresses()).filter(({ scope, tentative }) => scope === 'global' && tentative);
  return all.map(({ cidr }) => cidr);
}

async function containerInterface(wanted: ReturnType<typeof attachment>) {
  const [, container] = objectsIn(resultOf(await bed.runtime.add(wanted))['interfaces']);
  return container ?? {};
}

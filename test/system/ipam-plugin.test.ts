import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createCnitool, type Cnitool } from '../fixture/cnitool.ts';
import { findCnitool } from '../fixture/go-tool.ts';
import { objectsIn, type JsonObject } from '../fixture/json.ts';
import { ipsOf, resultOf, succeeded } from '../fixture/outcome.ts';
import { createResources } from '../fixture/resources.ts';
import { uniqueName } from '../fixture/unique.ts';
import {
  attachment,
  forgetResults,
  ipam,
  network,
  noTraces,
  reaches,
  refusal,
  startBed,
  type Bed,
  type Pod,
} from './bed.ts';

const found = await findCnitool();

/** The user guide's, as they stand there. */
const guidePools = [
  {
    apiVersion: 'crd.antrea.io/v1alpha2',
    kind: 'IPPool',
    metadata: { name: 'ipv4-pool-1' },
    spec: { ipVersion: 4, ipRanges: [{ cidr: '10.10.1.0/26', gateway: '10.10.1.1', prefixLength: 24 }] },
  },
  {
    apiVersion: 'crd.antrea.io/v1alpha2',
    kind: 'IPPool',
    metadata: { name: 'ipv6-pool-1' },
    spec: {
      ipVersion: 6,
      ipRanges: [
        {
          start: '3ffe:ffff:1:01ff::0100',
          end: '3ffe:ffff:1:01ff::0200',
          gateway: '3ffe:ffff:1:01ff::1',
          prefixLength: 64,
        },
      ],
    },
  },
];

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
  await bed.applyManifests(...guidePools);
  await bed.node.netns.exec('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'uplink');
  await bed.node.netns.exec('ip', 'link', 'set', 'eth0', 'up');
  await bed.node.netns.exec('ip', 'link', 'set', 'uplink', 'up');
});
afterAll(() => bed.stop());
const resources = createResources();
afterEach(resources.release);

const dual = ipam('ipv4-pool-1', 'ipv6-pool-1');

async function cnitoolWith(cniVersion: string, plugin: object): Promise<Cnitool & { readonly network: string }> {
  const name = uniqueName('net-');
  resources.defer(() => forgetResults(name));
  const cnitool = await resources.use(createCnitool({ cnitool: found.path ?? '', node: bed.node }));
  cnitool.configure({ cniVersion, name, plugins: [plugin] });
  return { ...cnitool, network: name };
}

async function inside(pod: Pod): Promise<readonly string[]> {
  const addresses = (await pod.addresses()).filter(({ ifname, scope }) => ifname === 'net1' && scope === 'global');
  return addresses.map(({ cidr }) => cidr);
}

describe.skipIf(found.path === undefined)('under the real cnitool', () => {
  it.each<{ type: string; plugin: JsonObject }>([
    { type: 'macvlan', plugin: { type: 'macvlan', master: 'eth0', mode: 'bridge' } },
    { type: 'bridge', plugin: { type: 'bridge', bridge: 'br0' } },
  ])('$type gets its addresses from our pools: ADD, CHECK, DEL', async ({ plugin }) => {
    const cnitool = await cnitoolWith('1.0.0', { ...plugin, ...dual });
    const pods = [await bed.pod(), await bed.pod()];
    const [one, two] = pods.map(({ path }) => ({ netns: path, ifname: 'net1' }));
    const [podOne, podTwo] = pods;
    if (one === undefined || two === undefined || podOne === undefined || podTwo === undefined) return;
    const added = await cnitool.add(cnitool.network, one);
    expect(ipsOf(added)).toStrictEqual(['10.10.1.2/24', '3ffe:ffff:1:1ff::100/64']);
    expect(await inside(podOne)).toStrictEqual(ipsOf(added));
    // Before the second Pod: Debian's bridge complains if its own MAC address changes, as it does then.
    succeeded(await cnitool.check(cnitool.network, one));
    succeeded(await cnitool.add(cnitool.network, two));
    expect(await reaches(podOne, '10.10.1.3')).toBe(true);
    succeeded(await cnitool.del(cnitool.network, one));
    expect(await bed.held()).toStrictEqual(['ipv4-pool-1/10.10.1.3', 'ipv6-pool-1/3ffe:ffff:1:1ff::101']);
    await podTwo.remove();
    succeeded(await cnitool.del(cnitool.network, two));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('host-device gets an address for a device of the Node, and gives both back', async () => {
    const device = 'spare0';
    await bed.node.netns.exec('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'spare1');
    await bed.node.netns.exec('ip', 'link', 'set', 'spare1', 'up');
    const cnitool = await cnitoolWith('1.0.0', { type: 'host-device', device, ...dual });
    const pod = await bed.pod();
    const wanted = { netns: pod.path, ifname: 'net1' };
    expect(ipsOf(await cnitool.add(cnitool.network, wanted))).toStrictEqual(await inside(pod));
    succeeded(await cnitool.check(cnitool.network, wanted));
    succeeded(await cnitool.del(cnitool.network, wanted));
    expect((await bed.node.netns.links()).map(({ ifname }) => ifname)).toContain(device);
    expect(await bed.traces()).toStrictEqual(noTraces);
    await bed.node.netns.exec('ip', 'link', 'delete', device);
  });
});

describe.skipIf(found.path === undefined)("the user guide's examples", () => {
  const macvlan = { type: 'macvlan', master: 'eth0', mode: 'bridge' };
  const settings = {
    addresses: [
      { address: '10.10.0.1/24', gateway: '10.10.0.254' },
      { address: '3ffe:ffff:0:01ff::1/64', gateway: '3ffe:ffff:0::1' },
    ],
    routes: [{ dst: '0.0.0.0/0' }, { dst: '192.168.0.0/16', gw: '10.10.5.1' }, { dst: '3ffe:ffff:0:01ff::1/64' }],
    dns: { nameservers: ['8.8.8.8'], domain: 'example.com', search: ['example.com'] },
  };

  it.each<{ example: string; plugin: JsonObject; gives: readonly string[] }>([
    { example: 'ipv4-net-1', plugin: { ...macvlan, ...ipam('ipv4-pool-1') }, gives: ['10.10.1.2/24'] },
    {
      example: 'dual-stack-net-1',
      plugin: { ...macvlan, ...dual },
      gives: ['10.10.1.2/24', '3ffe:ffff:1:1ff::100/64'],
    },
  ])('$example', async ({ plugin, gives }) => {
    const cnitool = await cnitoolWith('0.3.0', plugin);
    const pod = await bed.pod();
    const wanted = { netns: pod.path, ifname: 'net1' };
    const added = await cnitool.add(cnitool.network, wanted);
    expect(ipsOf(added)).toStrictEqual(gives);
    expect(await inside(pod)).toStrictEqual(gives);
    succeeded(await cnitool.del(cnitool.network, wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('pool-and-static-net-1, with next hops that can be reached', async () => {
    const routes = settings.routes.map((route) => (route.gw === undefined ? route : { ...route, gw: '10.10.1.9' }));
    const addresses = settings.addresses.map((one) => ({
      ...one,
      gateway: one.gateway.replace(':0::1', ':0:1ff::fe'),
    }));
    const section = { type: 'antrea', ippools: ['ipv4-pool-1'], ...settings, addresses, routes };
    const cnitool = await cnitoolWith('0.3.0', { type: 'bridge', bridge: 'br1', ipam: section });
    const pod = await bed.pod();
    const wanted = { netns: pod.path, ifname: 'net1' };
    succeeded(await cnitool.add(cnitool.network, wanted));
    expect(await inside(pod)).toStrictEqual(['10.10.1.2/24', '10.10.0.1/24', '3ffe:ffff:0:1ff::1/64']);
    expect(await pod.routes()).toContainEqual({ dst: '192.168.0.0/16', gateway: '10.10.1.9', dev: 'net1', family: 4 });
    succeeded(await cnitool.del(cnitool.network, wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('pool-and-static-net-1: what our IPAM answers for it', async () => {
    // As it stands, the kernel refuses it to any plugin: there is no way to two of its next hops.
    const section = { type: 'antrea', ippools: ['ipv4-pool-1'], ...settings };
    const config = network({ cniVersion: '0.3.0', type: 'bridge', bridge: 'br0', ipam: section });
    const wanted = attachment(await bed.pod(), config);
    expect((await bed.runtime.add(wanted)).json).toStrictEqual({
      cniVersion: '0.3.0',
      ips: [
        { version: '4', address: '10.10.1.2/24', gateway: '10.10.1.1' },
        { version: '4', address: '10.10.0.1/24', gateway: '10.10.0.254' },
        { version: '6', address: '3ffe:ffff:0:1ff::1/64', gateway: '3ffe:ffff::1' },
      ],
      routes: [...settings.routes.slice(0, 2), { dst: '3ffe:ffff:0:1ff::/64' }],
      dns: settings.dns,
    });
    succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

describe('called as an IPAM plugin calls', () => {
  const conf = network({ type: 'macvlan', ...dual });

  it('it gives the same addresses again to the same attachment, and others to another', async () => {
    const [one, two] = [attachment(await bed.pod(), conf), attachment(await bed.pod(), conf)];
    const first = resultOf(await bed.runtime.add(one));
    expect(resultOf(await bed.runtime.add(one))).toStrictEqual(first);
    expect(Object.keys(first)).toStrictEqual(['cniVersion', 'ips']);
    expect(objectsIn(first['ips']).map((ip) => Object.keys(ip))).toStrictEqual([
      ['address', 'gateway'],
      ['address', 'gateway'],
    ]);
    expect(resultOf(await bed.runtime.add(two))).not.toStrictEqual(first);
    for (const wanted of [one, two, one]) succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('it makes no interface, port or link, and needs no OVS', async () => {
    const pod = await bed.pod();
    const elsewhere = { env: { ANTREA_NODE_CONFIG: bed.node.nodeFile }, netns: '/run/netns/none' };
    const wanted = attachment(pod, conf, elsewhere);
    succeeded(await bed.runtime.add(wanted));
    expect(await bed.traces()).toMatchObject({ ports: [], links: [] });
    expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
    succeeded(await bed.runtime.del(wanted));
    expect(existsSync(elsewhere.netns)).toBe(false);
  });

  it('CHECK finds an address that is not held any more: 103', async () => {
    const [one, two] = [attachment(await bed.pod(), conf), attachment(await bed.pod(), conf)];
    const prevResult = resultOf(await bed.runtime.add(one));
    succeeded(await bed.runtime.check({ ...one, prevResult }));
    expect(refusal(await bed.runtime.check({ ...two, prevResult }))).toMatch(
      /^103: 10\.10\.1\.2\/24, .* not allocated/u,
    );
    succeeded(await bed.runtime.del(one));
    expect(refusal(await bed.runtime.check({ ...one, prevResult }))).toMatch(/^103: /u);
  });

  it('GC frees what is not valid, of this network only', async () => {
    const [one, two] = [attachment(await bed.pod(), conf), attachment(await bed.pod(), conf)];
    const other = attachment(await bed.pod(), { ...conf, name: 'other' });
    for (const wanted of [one, two, other]) succeeded(await bed.runtime.add(wanted));
    const valid = [{ containerID: one.containerId, ifname: one.ifname }];
    succeeded(await bed.runtime.call('GC', { config: { ...conf, 'cni.dev/valid-attachments': valid } }));
    expect(await bed.held()).toStrictEqual([
      'ipv4-pool-1/10.10.1.2',
      'ipv4-pool-1/10.10.1.4',
      'ipv6-pool-1/3ffe:ffff:1:1ff::100',
      'ipv6-pool-1/3ffe:ffff:1:1ff::102',
    ]);
    for (const wanted of [one, two, other]) succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it.each([
    { section: { type: 'antrea' }, says: '7: ipam.ippools and ipam.addresses are both empty' },
    { section: { type: 'antrea', ippools: ['missing'] }, says: '101: pool missing does not exist' },
    { section: { type: 'antrea', ippools: 'ipv4-pool-1' }, says: '7: ipam: ippools "ipv4-pool-1"' },
    {
      section: { type: 'antrea', addresses: [{ address: '10.0.0.1' }] },
      says: '7: ipam.addresses[0].address "10.0.0.1"',
    },
  ])('refuses $section', async ({ section, says }) => {
    const answer = await bed.runtime.add(attachment(await bed.pod(), network({ type: 'macvlan', ipam: section })));
    expect(refusal(answer)).toContain(says);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, ipsOf, succeeded } from '../fixture/outcome.ts';
import { createResources } from '../fixture/resources.ts';
import { createRuntime } from '../fixture/runtime.ts';
import { attachment, hostInterfaceOf, ipam, network, noTraces, reaches, refusal, startBed, type Bed } from './bed.ts';

const pools = [
  { name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1', vlan: 100 },
  { name: 'six', ranges: ['fd00:10:1::10-fd00:10:1::60'], gateway: 'fd00:10:1::1', prefixLength: 64, vlan: 100 },
];

async function startBedWithPools(options: Parameters<typeof startBed>[0] = {}): Promise<Bed> {
  const started = await startBed(options);
  await started.applyPools(...pools);
  return started;
}

describe('an ADD that fails leaves nothing behind', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await startBedWithPools({ nodeFile: { bridges: ['br-connect'] } });
  });
  afterAll(() => bed.stop());

  it('when the interface name is taken in the Pod, whose interface stays as it is', async () => {
    const pod = await bed.pod();
    await pod.exec('ip', 'link', 'add', 'net1', 'type', 'veth', 'peer', 'name', 'other');
    const before = await pod.links();
    const error = errorOf(await bed.runtime.add(attachment(pod, network(ipam('four')))));
    expect(error).toMatchObject({ code: 102, msg: 'the interface net1 exists already in the network namespace' });
    expect(await bed.traces()).toStrictEqual(noTraces);
    expect(await pod.links()).toStrictEqual(before);
    succeeded(await bed.runtime.del(attachment(pod, network(ipam('four')))));
    expect(await pod.links()).toStrictEqual(before);
  });

  it('when the network namespace is gone, or is none', async () => {
    const pod = await bed.pod();
    await pod.remove();
    for (const netns of [pod.path, '/etc/hostname', bed.node.dir]) {
      const error = errorOf(await bed.runtime.add(attachment(pod, network(ipam('four')), { netns })));
      expect(error.code).toBe(8);
      expect(error.msg).toContain(netns);
    }
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it("when it is the plugin's own network namespace, unless that is meant", async () => {
    const pod = await bed.pod();
    const own = attachment(pod, network(), { netns: bed.node.netns.path, ifname: 'net9' });
    for (const answer of [await bed.runtime.add(own), await bed.runtime.del(own)]) {
      expect(errorOf(answer).code).toBe(8);
    }
    const meant = { ...own, env: { CNI_NETNS_OVERRIDE: 'TRUE' } };
    succeeded(await bed.runtime.add(meant));
    expect((await bed.node.netns.links()).map(({ ifname }) => ifname)).toContain('net9');
    succeeded(await bed.runtime.del(meant));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it.each(['br-connect', undefined])('when there is no bridge (%s)', async (bridge) => {
    const other = await startBedWithPools({ nodeFile: { bridge: 'br-none', bridges: ['br-connect'] } });
    const pod = await other.pod();
    const added = await other.runtime.add(attachment(pod, network({ bridge, ...ipam('four', 'six') })));
    expect(refusal(added)).toBe(`102: Open vSwitch: no bridge named ${bridge ?? 'br-none'}`);
    expect(await other.traces()).toStrictEqual(noTraces);
    expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
    await other.stop();
  });

  it('when ovs-vswitchd refuses the port', async () => {
    // The veth is made where the plugin runs, and there vswitchd does not see it.
    const elsewhere = await bed.pod();
    const pod = await bed.pod();
    const runtime = createRuntime({ node: { ...bed.node, netns: elsewhere } });
    const added = await runtime.add(attachment(pod, network(ipam('four', 'six'))));
    expect(refusal(added)).toMatch(/^102: Open vSwitch refuses the port av\w+ on bridge br-/u);
    expect(await bed.traces()).toStrictEqual(noTraces);
    expect((await elsewhere.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
  });

  it('when an address or a route is none that the kernel takes', async () => {
    const routes = [{ dst: '192.168.0.0/16', gw: '172.31.0.1' }];
    const pod = await bed.pod();
    const conf = network({ ipam: { type: 'antrea', ippools: ['four'], routes } });
    const error = errorOf(await bed.runtime.add(attachment(pod, conf)));
    expect(error.code).toBe(102);
    expect(error.msg).toContain('192.168.0.0/16 via 172.31.0.1');
    expect(await bed.traces()).toStrictEqual(noTraces);
    expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
  });

  it('when an MTU is too small for IPv6', async () => {
    const error = errorOf(await bed.runtime.add(attachment(await bed.pod(), network({ mtu: 1279, ...ipam('six') }))));
    expect(error).toMatchObject({ code: 2, msg: 'mtu 1279 is too small for IPv6, which needs 1280' });
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('when the pool is missing or the version cannot express the result', async () => {
    const pod = await bed.pod();
    expect(errorOf(await bed.runtime.add(attachment(pod, network(ipam('none'))))).code).toBe(101);
    expect(errorOf(await bed.runtime.add(attachment(pod, network({ cniVersion: '0.2.0' })))).code).toBe(1);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

describe('what an earlier ADD made', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await startBedWithPools();
  });
  afterAll(() => bed.stop());

  it('stays when the same ADD comes again, and when another network wants the same interface', async () => {
    const [peer, pod] = [await bed.pod(), await bed.pod()];
    const conf = network(ipam('four', 'six'));
    succeeded(await bed.runtime.add(attachment(peer, conf)));
    const wanted = attachment(pod, conf);
    const other = attachment(pod, network({ name: 'other', ...ipam('four') }));
    const [ip = ''] = ipsOf(await bed.runtime.add(wanted));
    const before = [await bed.traces(), await pod.links(), await pod.addresses()];
    expect(refusal(await bed.runtime.add(wanted))).toMatch(/^102: net1 .* is attached already/u);
    expect(errorOf(await bed.runtime.add(other)).code).toBe(102);
    // After an ADD that failed, a runtime calls DEL.
    succeeded(await bed.runtime.del(other));
    expect([await bed.traces(), await pod.links(), await pod.addresses()]).toStrictEqual(before);
    expect(await reaches(peer, ip)).toBe(true);
    succeeded(await bed.runtime.del(wanted));
    succeeded(await bed.runtime.del(attachment(peer, conf)));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it("stays too if the other network's DEL has only the journal to tell whose it is", async () => {
    const pod = await bed.pod();
    const wanted = attachment(pod, network(ipam('four')));
    const name = hostInterfaceOf(await bed.runtime.add(wanted));
    await bed.node.ovs.vsctl('del-port', name);
    const before = await bed.traces();
    succeeded(await bed.runtime.del(attachment(pod, network({ name: 'other', ...ipam('four') }))));
    expect(await bed.traces()).toStrictEqual(before);
    succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it("stays too if the other network's DEL has only the port to tell whose it is", async () => {
    const pod = await bed.pod();
    const wanted = attachment(pod, network(ipam('four')));
    const name = hostInterfaceOf(await bed.runtime.add(wanted));
    await bed.node.netns.exec('rm', '-r', `${bed.node.dataDir}/attachments`);
    succeeded(await bed.runtime.del(attachment(pod, network({ name: 'other', ...ipam('four') }))));
    expect(await bed.traces()).toStrictEqual({ ports: [name], links: [name], journal: [], held: ['four/10.10.1.10'] });
    succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

describe('DEL', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await startBedWithPools();
  });
  afterAll(() => bed.stop());
  const conf = network(ipam('four', 'six'));

  it.each<{ gone: string; remove: (name: string, path: string) => Promise<unknown>; more?: object }>([
    { gone: 'nothing', remove: async () => undefined },
    { gone: 'the OVS port', remove: async (name) => bed.node.ovs.vsctl('del-port', name) },
    { gone: 'the link', remove: async (name) => bed.node.netns.exec('ip', 'link', 'delete', name) },
    {
      gone: 'the network namespace',
      remove: async (_, path) => bed.node.netns.exec('ip', 'netns', 'delete', path.slice(11)),
    },
    {
      gone: 'the netns, of which the runtime knows nothing either',
      remove: async () => undefined,
      more: { netns: undefined },
    },
    { gone: 'the journal', remove: async () => bed.node.netns.exec('rm', '-r', `${bed.node.dataDir}/attachments`) },
    {
      gone: 'the pool from the configuration',
      remove: async () => undefined,
      more: { config: network({ vlan: 4095, ipam: { type: 'antrea' } }) },
    },
  ])('works when $gone is gone, and once more after that', async ({ remove, more }) => {
    const pod = await bed.pod();
    const wanted = attachment(pod, conf);
    await remove(hostInterfaceOf(await bed.runtime.add(wanted)), pod.path);
    for (let time = 1; time <= 2; time++) {
      expect(await bed.runtime.del({ ...wanted, ...more })).toMatchObject({ code: 0, stdout: '', stderr: '' });
      expect(await bed.traces()).toStrictEqual(noTraces);
    }
    if (existsSync(pod.path)) expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
  });

  it('finds what to release in prevResult when journal and port are lost', async () => {
    const wanted = attachment(await bed.pod(), conf);
    const added = await bed.runtime.add(wanted);
    await bed.node.ovs.vsctl('del-port', hostInterfaceOf(added));
    await bed.node.netns.exec('rm', '-r', `${bed.node.dataDir}/attachments`);
    succeeded(await bed.runtime.del({ ...wanted, prevResult: added.json }));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it("gives back everything also when the number of its process is one of the host's by now, and says so", async () => {
    const pod = await bed.pod();
    succeeded(await bed.runtime.add(attachment(pod, conf)));
    const renumbered = attachment(pod, conf, { netns: bed.node.netns.path });
    expect(errorOf(await bed.runtime.del(renumbered)).code).toBe(8);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('works when the bridge is gone', async () => {
    const own = await startBedWithPools();
    const wanted = attachment(await own.pod(), conf);
    succeeded(await own.runtime.add(wanted));
    await own.node.ovs.vsctl('del-br', own.node.bridge);
    succeeded(await own.runtime.del(wanted));
    await own.node.ovs.addBridge(own.node.bridge);
    expect(await own.traces()).toStrictEqual(noTraces);
    await own.stop();
  });

  it('works for an attachment that never was', async () => {
    succeeded(await bed.runtime.del(attachment(await bed.pod(), conf)));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

describe('a Node file', () => {
  const resources = createResources();
  afterEach(resources.release);

  it('that is named must be there and must be right', async () => {
    const bed = await resources.use(startBed());
    const pod = await bed.pod();
    const missing = join(bed.node.dir, 'missing.json');
    const wrong = join(bed.node.dir, 'wrong.json');
    writeFileSync(wrong, '{"bridgee": "br0"}');
    for (const [ANTREA_NODE_CONFIG, says] of [
      [missing, missing],
      [wrong, 'the key bridgee is unknown'],
    ]) {
      const added = await bed.runtime.add(attachment(pod, network(), { env: { ANTREA_NODE_CONFIG } }));
      expect(refusal(added)).toMatch(/^7: /u);
      expect(refusal(added)).toContain(says);
    }
  });
});

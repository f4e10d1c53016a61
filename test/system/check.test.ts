import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFileStore } from '../../src/ipam/file/store.ts';
import { objectsIn, type JsonObject } from '../fixture/json.ts';
import { resultOf, succeeded } from '../fixture/outcome.ts';
import type { Attachment } from '../fixture/runtime.ts';
import { attachment, hostInterfaceOf, ipam, network, refusal, startBed, type Bed, type Pod } from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
  await bed.applyPools(
    { name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1', vlan: 100 },
    { name: 'six', ranges: ['fd00:10:1::10-fd00:10:1::60'], gateway: 'fd00:10:1::1', prefixLength: 64, vlan: 100 },
  );
});
afterAll(() => bed.stop());

interface Attached {
  readonly pod: Pod;
  readonly wanted: Attachment;
  readonly result: JsonObject;
  readonly port: string;
}

async function attached(conf: object): Promise<Attached> {
  const pod = await bed.pod();
  const wanted = attachment(pod, network(conf));
  const added = await bed.runtime.add(wanted);
  return { pod, wanted, result: resultOf(added), port: hostInterfaceOf(added) };
}

const vsctl = (...argv: readonly string[]) => bed.node.ovs.vsctl(...argv);
const routes = [{ dst: '192.168.0.0/16' }, { dst: '0.0.0.0/0', gw: '10.10.1.7' }, { dst: '2001:db8::/32' }];
const dual = { ipam: { type: 'antrea', ippools: ['four', 'six'], routes } };

describe('nothing has changed', () => {
  it.each<{ what: string; conf: object }>([
    { what: 'dual stack', conf: dual },
    { what: 'IPv4', conf: ipam('four') },
    { what: 'IPv6 only', conf: ipam('six') },
    { what: 'without addresses', conf: {} },
    { what: 'a trunk', conf: { trunk: [{ minID: 10, maxID: 12 }] } },
    { what: 'a trunk without native VLAN', conf: { vlan: undefined, trunk: [{ id: 5 }] } },
    { what: 'the VLAN of the pool', conf: { vlan: undefined, ...ipam('four') } },
    { what: 'static addresses', conf: { ipam: { type: 'antrea', addresses: [{ address: '10.77.0.9/24' }] } } },
    { what: 'version 0.4.0', conf: { cniVersion: '0.4.0', ...dual } },
    { what: 'an upper-case MAC', conf: { mac: '02:AA:BB:CC:DD:EE', ...dual } },
    {
      what: 'two routes to one destination',
      conf: {
        ipam: {
          ...ipam('six').ipam,
          routes: [
            { dst: '2001:db8::/32', gw: 'fd00:10:1::2' },
            { dst: '2001:db8::/32', gw: 'fd00:10:1::3' },
          ],
        },
      },
    },
    {
      what: 'a route that is listed twice',
      conf: {
        ipam: { ...ipam('four').ipam, routes: [{ dst: '10.9.0.0/16' }, { dst: '10.9.0.0/16', gw: '10.10.1.1' }] },
      },
    },
  ])('$what', async ({ conf }) => {
    const { wanted, result } = await attached(conf);
    expect(await bed.runtime.check({ ...wanted, prevResult: result })).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    succeeded(await bed.runtime.del(wanted));
  });

  it('more addresses and routes than reported are nothing wrong', async () => {
    const { pod, wanted, result } = await attached(dual);
    await pod.exec('ip', 'address', 'add', '10.99.0.1/24', 'dev', 'net1');
    await pod.exec('ip', 'route', 'add', '10.98.0.0/24', 'dev', 'net1');
    succeeded(await bed.runtime.check({ ...wanted, prevResult: result }));
    succeeded(await bed.runtime.del(wanted));
  });
});

describe('a difference is named', () => {
  let now: Attached;
  beforeEach(async () => {
    now = await attached(dual);
  });
  afterEach(async () => succeeded(await bed.runtime.del(now.wanted)));

  const inPod = (...argv: readonly string[]) => now.pod.exec(...argv);

  it.each<{ change: string; make: () => Promise<unknown>; says: string }>([
    {
      change: 'the MAC address',
      make: () => inPod('ip', 'link', 'set', 'net1', 'address', '02:00:00:00:00:99'),
      says: 'its MAC address is 02:00:00:00:00:99, not',
    },
    {
      change: 'the MTU',
      make: () => inPod('ip', 'link', 'set', 'net1', 'mtu', '1400'),
      says: 'its MTU is 1400, not 1500',
    },
    { change: 'the link state', make: () => inPod('ip', 'link', 'set', 'net1', 'down'), says: 'it is down' },
    {
      change: 'the prefix length',
      make: () => inPod('sh', '-c', 'ip address del 10.10.1.10/24 dev net1; ip address add 10.10.1.10/25 dev net1'),
      says: 'the address 10.10.1.10/24 is missing (there are 10.10.1.10/25',
    },
    {
      change: 'an IPv6 address',
      make: () => inPod('ip', 'address', 'del', 'fd00:10:1::10/64', 'dev', 'net1'),
      says: 'the address fd00:10:1::10/64 is missing',
    },
    {
      change: 'the route of the subnet',
      make: () => inPod('ip', 'route', 'del', '10.10.1.0/24', 'dev', 'net1'),
      says: 'the route to 10.10.1.0/24 is missing',
    },
    {
      change: 'a route',
      make: () => inPod('ip', 'route', 'del', '192.168.0.0/16', 'dev', 'net1'),
      says: 'the route to 192.168.0.0/16 is missing',
    },
    {
      change: 'the default route',
      make: () => inPod('ip', 'route', 'del', 'default', 'dev', 'net1'),
      says: 'the route to 0.0.0.0/0 via 10.10.1.7 is missing',
    },
    {
      change: 'the tag',
      make: () => vsctl('set', 'Port', now.port, 'tag=101'),
      says: 'the tag of the port is 101, not 100',
    },
    {
      change: 'the tag, removed',
      make: () => vsctl('clear', 'Port', now.port, 'tag'),
      says: 'the tag of the port is none, not 100',
    },
    {
      change: 'the mode of the port',
      make: () => vsctl('set', 'Port', now.port, 'vlan_mode=trunk'),
      says: 'the vlan_mode of the port is trunk, not access',
    },
    {
      change: 'the trunks of the port',
      make: () => vsctl('set', 'Port', now.port, 'trunks=5,6'),
      says: 'the trunks of the port is 5,6, not',
    },
    {
      change: 'the owner of the port',
      make: () => vsctl('set', 'Port', now.port, 'external_ids:container-id=somebody-else'),
      says: 'container-id of the port is somebody-else, not',
    },
    {
      change: 'the port',
      make: () => vsctl('del-port', now.port),
      says: 'Open vSwitch has no port',
    },
    {
      change: 'the bridge of the port',
      make: async () => {
        const bridge = await bed.node.ovs.addBridge();
        const ids = `external_ids:container-id=${now.pod.containerId}`;
        const columns = ['vlan_mode=access', 'tag=100', 'external_ids:antrea-cni=container', ids];
        const more = ['external_ids:if-dev=net1', 'external_ids:network=vlan100'];
        await vsctl('del-port', now.port, '--', 'add-port', bridge, now.port, ...columns, ...more);
      },
      says: 'the bridge of the port is br-',
    },
    {
      change: 'the link of another kind',
      make: () => inPod('sh', '-c', 'ip link set net1 down; ip link set net1 name was1; ip link add net1 type bridge'),
      says: 'it is of kind bridge, not veth',
    },
    {
      change: 'no link',
      make: () => inPod('ip', 'link', 'set', 'net1', 'down', 'name', 'was1'),
      says: 'there is no interface net1',
    },
    {
      change: 'the allocation',
      make: async () => {
        const store = createFileStore({ dataDir: bed.node.dataDir });
        for await (const allocation of store.find({}, 'four')) await store.release(allocation);
      },
      says: '10.10.1.10/24 is not allocated to net1 of container',
    },
  ])('$change: 103', async ({ make, says }) => {
    await make();
    const message = refusal(await bed.runtime.check({ ...now.wanted, prevResult: now.result }));
    expect(message).toMatch(/^103: /u);
    expect(message).toContain(says);
  });

  it('several at once: all of them', async () => {
    await inPod('ip', 'link', 'set', 'net1', 'mtu', '1400');
    await vsctl('set', 'Port', now.port, 'tag=101');
    const message = refusal(await bed.runtime.check({ ...now.wanted, prevResult: now.result }));
    expect(message).toContain('its MTU is 1400, not 1500');
    expect(message).toContain('the tag of the port is 101, not 100');
  });

  it('the sandbox, or the interface, of prevResult: 103', async () => {
    const interfaces = objectsIn(now.result['interfaces']);
    const elsewhere = interfaces.map((one) =>
      one['sandbox'] === undefined ? one : { ...one, sandbox: '/run/netns/x' },
    );
    for (const [changed, says] of [
      [elsewhere, 'in the sandbox /run/netns/x'],
      [[], 'prevResult has no interface net1'],
    ] as const) {
      const prevResult = { ...now.result, interfaces: changed };
      const message = refusal(await bed.runtime.check({ ...now.wanted, prevResult }));
      expect(message).toMatch(/^103: /u);
      expect(message).toContain(says);
    }
  });

  it('an address of an interface that prevResult does not list: 103; of none, it is nobody we know', async () => {
    const ips = [...objectsIn(now.result['ips']), { address: '10.9.9.9/24' }];
    const listed = { ...now.result, ips };
    succeeded(await bed.runtime.check({ ...now.wanted, prevResult: listed }));
    const prevResult = { ...now.result, ips: [...ips, { address: '10.9.9.8/24', interface: 2 }] };
    expect(refusal(await bed.runtime.check({ ...now.wanted, prevResult }))).toBe(
      '103: prevResult has 10.9.9.8/24 on interface 2, which it does not list',
    );
  });

  it('without prevResult there is nothing to compare with: 7', async () => {
    expect(refusal(await bed.runtime.check(now.wanted))).toMatch(/^7: the key prevResult is missing/u);
  });
});

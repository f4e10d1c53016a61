import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resultOf, succeeded } from '../fixture/outcome.ts';
import { createResources } from '../fixture/resources.ts';
import { createRuntime } from '../fixture/runtime.ts';
import { attachment, hostInterfaceOf, ipam, network, noTraces, refusal, startBed, type Bed } from './bed.ts';
import { leaseFolder, leasesIn } from './leases.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
  await bed.applyPools(
    { name: 'blue', ranges: ['10.10.1.0/28'], gateway: '10.10.1.1' },
    { name: 'green', ranges: ['10.20.1.0/28'], gateway: '10.20.1.1' },
  );
});
afterAll(() => bed.stop());
const resources = createResources();
afterEach(resources.release);

/** containerd and podman take the configuration from its folder each time; somebody may have written to it. */
describe('DEL with another configuration than that of ADD gives back what ADD has taken', () => {
  it.each([
    ipam('green'),
    { ipam: { type: 'static', addresses: [{ address: '10.31.0.5/24' }] }, cniVersion: '1.0.0' },
    { ipam: { type: 'nobody' } },
    { ipam: { type: 'host-local', dataDir: '/etc' } },
    { ipam: [] },
    {},
    { vlan: 'x', bridge: 7 },
  ])('%j', async (now) => {
    const pod = await bed.pod();
    succeeded(await bed.runtime.add(attachment(pod, network(ipam('blue')))));
    expect(await bed.held()).toHaveLength(1);
    succeeded(await bed.runtime.del(attachment(pod, network(now))));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

it.each([
  { ipam: { type: 'nobody' } },
  { ipam: { type: 'host-local', dataDir: '/etc' }, cniVersion: '1.0.0' },
  { ipam: { type: 'static', addresses: 7 }, cniVersion: '1.0.0' },
])(
  'a Pod that was attached without addresses can be deleted whatever the network says of them since: %j',
  async (now) => {
    const pod = await bed.pod();
    succeeded(await bed.runtime.add(attachment(pod, network())));
    succeeded(await bed.runtime.del(attachment(pod, network(now))));
    expect(await bed.traces()).toStrictEqual(noTraces);
  },
);

describe("a network of ours that became another plugin's, with addresses of ours still, while a Pod was attached", () => {
  const macvlan = network({ ...ipam('blue'), type: 'macvlan' });

  it('leaves no port behind when the other plugin asks for the addresses to be released', async () => {
    const pod = await bed.pod();
    succeeded(await bed.runtime.add(attachment(pod, network(ipam('blue')))));
    succeeded(await bed.runtime.del(attachment(pod, macvlan)));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('leaves none behind when only GC is called', async () => {
    succeeded(await bed.runtime.add(attachment(await bed.pod(), network(ipam('blue')))));
    succeeded(await bed.runtime.call('GC', { config: { ...macvlan, 'cni.dev/valid-attachments': [] } }));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it.each(['DEL', 'GC'])(
    'leaves none behind when the other plugin is given addresses before %s is called',
    async (verb) => {
      const pod = await bed.pod();
      const name = hostInterfaceOf(await bed.runtime.add(attachment(pod, network(ipam('blue')))));
      const before = await bed.held();
      resultOf(await bed.runtime.add(attachment(pod, macvlan)));
      resultOf(await bed.runtime.add(attachment(pod, macvlan)));
      expect(await bed.traces()).toMatchObject({ ports: [name], links: [name], held: before });
      const collection = { config: { ...macvlan, 'cni.dev/valid-attachments': [] } };
      succeeded(
        verb === 'DEL' ? await bed.runtime.del(attachment(pod, macvlan)) : await bed.runtime.call('GC', collection),
      );
      expect(await bed.traces()).toStrictEqual(noTraces);
    },
  );

  it('leaves the port to the next DEL while Open vSwitch is away', async () => {
    const pod = await bed.pod();
    succeeded(await bed.runtime.add(attachment(pod, network(ipam('blue')))));
    await bed.node.ovs.ovsdb.kill();
    expect(refusal(await bed.runtime.del(attachment(pod, macvlan)))).toMatch(/^11: Open vSwitch/u);
    await bed.node.ovs.restart();
    expect(await bed.traces()).toMatchObject({ ports: [expect.any(String)], links: [], journal: [expect.any(String)] });
    succeeded(await bed.runtime.del(attachment(pod, macvlan)));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

/** Debian's plugins speak 1.0.0 at most. */
function hostLocal() {
  const { name, folder } = leaseFolder(resources);
  const section = { type: 'host-local', ranges: [[{ subnet: '10.30.0.0/24' }]] };
  return { name, folder, config: network({ name, cniVersion: '1.0.0', ipam: section }) };
}

describe('a lease of another IPAM plugin goes back to it', () => {
  it.each([
    ipam('blue'),
    {},
    { ipam: [] },
    { ipam: { type: 'nobody' } },
    { ipam: { type: 'static', addresses: [{ address: '10.31.0.5/24' }] }, cniVersion: '1.0.0' },
    { ipam: { type: 'host-local', dataDir: '/etc' }, cniVersion: '1.0.0' },
    { ipam: { type: 'host-local', ranges: [[{ subnet: '10.99.0.0/24' }]] } },
    { ...ipam('blue'), type: 'macvlan' },
  ])('when DEL has another configuration: %j', async (now) => {
    const { name, config, folder } = hostLocal();
    const pod = await bed.pod();
    succeeded(await bed.runtime.add(attachment(pod, config)));
    expect(leasesIn(folder)).toHaveLength(1);
    succeeded(await bed.runtime.del(attachment(pod, network({ name, ...now }))));
    expect(leasesIn(folder)).toStrictEqual([]);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('when the network has got a CNI version since that the plugin does not speak', async () => {
    const { config, folder } = hostLocal();
    const pod = await bed.pod();
    succeeded(await bed.runtime.add(attachment(pod, config)));
    succeeded(await bed.runtime.del(attachment(pod, { ...config, cniVersion: '1.1.0' })));
    expect(leasesIn(folder)).toStrictEqual([]);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it.each([ipam('blue'), {}])('when only GC is called, with another configuration: %j', async (now) => {
    const { name, config, folder } = hostLocal();
    const [gone, kept] = [await bed.pod(), await bed.pod()];
    for (const pod of [gone, kept]) succeeded(await bed.runtime.add(attachment(pod, config)));
    const valid = [{ containerID: kept.containerId, ifname: 'net1' }];
    const collection = { ...network({ name, ...now }), 'cni.dev/valid-attachments': valid };
    succeeded(await bed.runtime.call('GC', { config: collection }));
    expect(leasesIn(folder)).toStrictEqual(['10.30.0.3']);
    succeeded(await bed.runtime.del(attachment(kept, network({ name }))));
    expect(leasesIn(folder)).toStrictEqual([]);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it.each(['ours first', 'ours last'])(
    'and none of ours stays behind when the sandbox was attached by both, without a DEL in between: %s',
    async (order) => {
      const { name, config, folder } = hostLocal();
      const pod = await bed.pod();
      const both = [network({ name, ...ipam('blue') }), config];
      const [first, last] = order === 'ours first' ? both : both.toReversed();
      const link = hostInterfaceOf(await bed.runtime.add(attachment(pod, first ?? {})));
      await bed.node.ovs.vsctl('del-port', link);
      await bed.node.netns.exec('ip', 'link', 'delete', link);
      succeeded(await bed.runtime.add(attachment(pod, last ?? {})));
      expect([leasesIn(folder), await bed.held()]).toMatchObject([{ length: 1 }, { length: 1 }]);
      succeeded(await bed.runtime.del(attachment(pod, network({ name }))));
      expect(leasesIn(folder)).toStrictEqual([]);
      expect(await bed.traces()).toStrictEqual(noTraces);
    },
  );

  it('unless it is not on this Node any more: the Pod can be deleted', async () => {
    const { name, config, folder } = hostLocal();
    const pod = await bed.pod();
    succeeded(await bed.runtime.add(attachment(pod, config)));
    const without = createRuntime({ node: bed.node, path: [dirname(bed.runtime.executable)] });
    succeeded(await without.del(attachment(pod, network({ name, ...ipam('blue') }))));
    expect(leasesIn(folder)).toHaveLength(1);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

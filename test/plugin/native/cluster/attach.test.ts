import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findClusterTools } from '../../../cluster/tools.ts';
import { errorOf, resultOf, succeeded } from '../../../fixture/outcome.ts';
import { ours } from '../../cluster/networks.ts';
import type { ClusterPod } from '../../cluster/pod.ts';
import { nothing, startNativeBed, type NativeBed } from './bed.ts';
import { macvlan, prepareNetworks, staticIPAM } from './networks.ts';

const tools = await findClusterTools();
const key = 'k8s.v1.cni.cncf.io/network-status';

describe.skipIf(tools.dir === undefined)('the networks of a Pod, without Multus,', () => {
  let bed: NativeBed;
  beforeAll(async () => {
    bed = await startNativeBed();
    await prepareNetworks(bed);
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  it('are all there when the Pod starts: VLANs and another plugin; and all gone after DEL', async () => {
    const pod = await bed.pod({ networks: 'blue, green@data0, flat' });
    const added = await bed.add(pod);
    const { interfaces, ips } = resultOf(added);
    expect(interfaces).toMatchObject([{ name: 'cni0' }, {}, { name: 'eth0' }]);
    expect(ips).toHaveLength(1);
    expect(added.stderr).toBe('');
    expect(await linksOf(pod)).toStrictEqual(['data0', 'eth0', 'lo', 'net1', 'net3']);
    expect(await bed.held()).toStrictEqual(['blue/10.10.1.10', 'flat/10.30.0.10', 'green/10.20.0.10']);
    succeeded(await bed.call('CHECK', pod));
    for (const time of ['first', 'second']) expect(await bed.del(pod), time).toMatchObject({ code: 0, stdout: '' });
    expect(await bed.remains()).toStrictEqual(nothing);
    expect(await linksOf(pod)).toStrictEqual(['eth0', 'lo']);
  });

  it('stand in network-status, the first interface first', async () => {
    const pod = await bed.pod({ networks: 'blue,static@data0', annotations: { other: 'stays' } });
    succeeded(await bed.add(pod, { networksStatus: true }));
    const status = await bed.annotation(pod, key);
    expect(status).toMatchObject([
      { name: 'pod-network', interface: 'eth0', default: true, gateway: ['10.244.0.1'], dns: {} },
      { name: 'shop/blue', interface: 'net1', ips: ['10.10.1.10'], mtu: 1400, dns: {} },
      { name: 'shop/static', interface: 'data0', ips: ['10.60.0.5'], dns: {} },
    ]);
    expect(status.filter((entry) => 'default' in entry)).toHaveLength(1);
    expect(await bed.annotation(pod, 'k8s.v1.cni.cncf.io/networks-status')).toStrictEqual(status);
  });

  it('get what the Pod asks for: name, address, MAC and the default route', async () => {
    const networks = [
      {
        name: 'wide',
        interface: 'data0',
        ips: ['10.40.0.77'],
        mac: '02:00:00:00:00:77',
        'default-route': ['10.40.0.1'],
      },
      { name: 'static', mac: '02:00:00:00:00:78' },
    ];
    const pod = await bed.pod({ networks });
    succeeded(await bed.add(pod));
    const links = await pod.links();
    expect(links.find(({ ifname }) => ifname === 'data0')?.mac).toBe('02:00:00:00:00:77');
    expect(links.find(({ ifname }) => ifname === 'net2')?.mac).toBe('02:00:00:00:00:78');
    expect(await bed.held()).toStrictEqual(['wide/10.40.0.77']);
    expect(await pod.exec('ip', 'route', 'show', 'default')).toMatch(/^default via 10\.40\.0\.1 dev data0\s*$/u);
  });

  it('can be asked for a default route that the network itself has, too', async () => {
    const ipam = { type: ours, ippools: ['wide'], routes: [{ dst: '0.0.0.0/0' }] };
    await bed.applyNetworks({ way: { cniVersion: '1.1.0', type: ours, networkType: 'vlan', ipam } });
    const pod = await bed.pod({ networks: [{ name: 'way', 'default-route': ['10.40.0.1'] }] });
    succeeded(await bed.add(pod));
    expect(await pod.exec('ip', 'route', 'show', 'default')).toMatch(/^default via 10\.40\.0\.1 dev net1\s*$/u);
    succeeded(await bed.del(pod));
    expect(await bed.remains()).toStrictEqual(nothing);
  });

  it('can be named eth1 and so on, be lists, and be of a file of the Node', async () => {
    const dir = join(bed.node.dir, 'nads');
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, '00-broken.conf'), '{');
    writeFileSync(join(dir, '10-empty.conf'), JSON.stringify({ ...macvlan, name: 'empty', ipam: staticIPAM }));
    const pod = await bed.pod({ networks: 'list,empty,bare' });
    succeeded(await bed.add(pod, { interfacePrefix: 'eth' }));
    expect(await linksOf(pod)).toStrictEqual(['eth0', 'eth1', 'eth2', 'eth3', 'lo']);
    succeeded(await bed.del(pod));
    expect(await bed.remains()).toStrictEqual(nothing);
  });

  it('of one Pod that fails are all taken back, and the message says which one and why', async () => {
    const pod = await bed.pod({ networks: 'blue,flat,broken' });
    const { code, msg } = errorOf(await bed.add(pod));
    expect(msg).toMatch(/^network shop\/broken \(net3\): macvlan: Link not found/u);
    expect(code).toBeGreaterThan(0);
    expect(await bed.remains()).toStrictEqual(nothing);
    expect(await linksOf(pod)).toStrictEqual(['eth0', 'lo']);
    expect(await bed.annotation(pod, key)).toStrictEqual([]);
  });

  it('are all taken back, too, when one of ours fails beside others of ours', async () => {
    const pod = await bed.pod({ networks: 'blue,wide,blue@data0,bare' });
    const { code, msg } = errorOf(await bed.add(pod));
    expect(msg).toMatch(/^network shop\/blue \((?:net1|data0)\): .*blue/u);
    expect(code).toBe(101);
    expect(await bed.remains()).toStrictEqual(nothing);
    expect(await linksOf(pod)).toStrictEqual(['eth0', 'lo']);
  });

  it('are not touched by a second ADD', async () => {
    const pod = await bed.pod({ networks: 'blue,flat' });
    succeeded(await bed.add(pod));
    const before = await bed.remains();
    expect(errorOf(await bed.add(pod)).msg).toContain('has its secondary networks already');
    expect(await bed.remains()).toStrictEqual(before);
    succeeded(await bed.call('CHECK', pod));
  });

  it('are missed by CHECK, whichever is gone', async () => {
    const pod = await bed.pod({ networks: 'blue,static' });
    succeeded(await bed.add(pod));
    await pod.exec('ip', 'link', 'delete', 'net2');
    expect(errorOf(await bed.call('CHECK', pod)).msg).toContain('network shop/static (net2): macvlan: ');
    await pod.exec('ip', 'address', 'flush', 'dev', 'net1');
    const { code, msg } = errorOf(await bed.call('CHECK', pod));
    expect(msg).toContain('network shop/blue (net1): net1 of network blue is not as ADD left it');
    expect(code).toBe(103);
  });

  it.each([undefined, '', '[]'])('are none when the annotation is %j: the Pod gets what it has', async (networks) => {
    const pod = await bed.pod(networks === undefined ? {} : { networks });
    succeeded(await bed.add(pod));
    expect(await linksOf(pod)).toStrictEqual(['eth0', 'lo']);
    expect(await bed.annotation(pod, key)).toStrictEqual([]);
    succeeded(await bed.call('CHECK', pod));
    succeeded(await bed.del(pod));
  });
});

async function linksOf(pod: ClusterPod): Promise<readonly string[]> {
  return (await pod.links()).map(({ ifname }) => ifname).toSorted();
}

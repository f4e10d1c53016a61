import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findClusterTools } from '../../../cluster/tools.ts';
import { run } from '../../../fixture/command.ts';
import type { JsonObject } from '../../../fixture/json.ts';
import { errorOf, succeeded } from '../../../fixture/outcome.ts';
import { antreaExecutable } from '../../../fixture/runtime.ts';
import { uniqueName } from '../../../fixture/unique.ts';
import { ours } from '../../cluster/networks.ts';
import type { ClusterPod } from '../../cluster/pod.ts';
import { nothing, startNativeBed, type NativeBed } from './bed.ts';
import { macvlan, prepareNetworks } from './networks.ts';

const tools = await findClusterTools();

/** Plugins that make interfaces, as Debian has them. */
const mains: Readonly<Record<string, JsonObject>> = {
  bridge: { type: 'bridge', bridge: 'br-lab' },
  macvlan,
  ipvlan: { type: 'ipvlan', master: 'nic0' },
  'host-device': { type: 'host-device', device: 'spare' },
};
const missing = await missingKinds();

describe.skipIf(tools.dir === undefined)('a network of another plugin, without Multus,', () => {
  let bed: NativeBed;
  let ipams: Readonly<Record<string, JsonObject>>;
  beforeAll(async () => {
    bed = await startNativeBed({
      allowPaths: true,
      allowedPlugins: ['bridge', 'macvlan', 'ipvlan', 'host-device', 'static', 'host-local', 'dhcp', 'tuning'],
    });
    await prepareNetworks(bed);
    await bed.node.netns.exec('ip', 'link', 'add', 'spare', 'type', 'veth', 'peer', 'name', 'spare-far');
    ipams = {
      static: { type: 'static', addresses: [{ address: '10.60.0.5/24' }] },
      'host-local': {
        type: 'host-local',
        dataDir: leases(),
        ranges: [[{ subnet: '10.60.0.0/24', rangeStart: '10.60.0.5' }]],
      },
      ours: { type: ours, ippools: ['flat'] },
    };
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  const pairs = Object.keys(mains).flatMap((main) => ['static', 'host-local', 'ours'].map((ipam) => ({ main, ipam })));

  it.for(pairs)(
    '$main with addresses of $ipam: is there, is checked, and is gone after DEL',
    async ({ main, ipam }, context) => {
      context.skip(missing.includes(main), `the kernel has no ${main}`);
      const before = await state();
      const pod = await podWith({ ...mains[main], ipam: ipams[ipam] });
      succeeded(await bed.add(pod));
      expect(await addressesOf(pod, 'net1')).toStrictEqual([ipam === 'ours' ? '10.30.0.10/24' : '10.60.0.5/24']);
      expect(await status(pod)).toMatchObject([{}, { interface: 'net1', dns: {} }]);
      succeeded(await bed.call('CHECK', pod));
      await pod.exec('ip', 'address', 'flush', 'dev', 'net1');
      expect(errorOf(await bed.call('CHECK', pod)).msg).toContain(`(net1): ${main}: `);
      succeeded(await bed.del(pod));
      expect(await state()).toStrictEqual(before);
    },
  );

  it.for(pairs)('$main with addresses of $ipam: is gone after GC', async ({ main, ipam }, context) => {
    context.skip(missing.includes(main), `the kernel has no ${main}`);
    const before = await state();
    const pod = await podWith({ ...mains[main], ipam: ipams[ipam] });
    succeeded(await bed.add(pod));
    succeeded(await bed.ask('GC', { 'cni.dev/valid-attachments': [] }));
    expect(await state()).toStrictEqual(before);
    expect((await pod.links()).map(({ ifname }) => ifname).toSorted()).toStrictEqual(['eth0', 'lo']);
  });

  it.each([
    { what: 'an empty file, as after a reboot', make: (path: string) => writeFileSync(path, '') },
    { what: 'a folder', make: (path: string) => mkdirSync(path) },
  ])('is gone after DEL although $what is in the place of the network namespace', async ({ make }) => {
    const before = await state();
    const path = join(bed.node.dir, uniqueName('netns-'));
    make(path);
    for (const ipam of ['host-local', 'ours']) {
      const pod = await podWith({ ...mains['bridge'], ipam: ipams[ipam] });
      succeeded(await bed.add(pod));
      await pod.remove();
      succeeded(await bed.del(pod, { netns: path }));
      expect(await state()).toStrictEqual(before);
    }
  });

  it('is a list of plugins: each gets what the one before has made', async () => {
    const before = await state();
    const bridge = { ...mains['bridge'], ipam: ipams['ours'] };
    const tuning = { type: 'tuning', capabilities: { mac: true }, sysctl: { 'net.ipv4.conf.net1.arp_filter': '1' } };
    const pod = await podWith({ name: 'tuned', plugins: [bridge, tuning] }, { mac: '02:00:00:00:00:99' });
    succeeded(await bed.add(pod));
    expect((await pod.links()).find(({ ifname }) => ifname === 'net1')?.mac).toBe('02:00:00:00:00:99');
    expect(await pod.exec('sysctl', '-n', 'net.ipv4.conf.net1.arp_filter')).toBe('1');
    succeeded(await bed.call('CHECK', pod));
    succeeded(await bed.del(pod));
    expect(await state()).toStrictEqual(before);
  });

  it('is a list that begins with ours', async () => {
    const vlan = { type: ours, networkType: 'vlan', ipam: ipams['ours'] };
    const tuning = { type: 'tuning', sysctl: { 'net.ipv4.conf.net1.arp_filter': '1' } };
    const pod = await podWith({ name: 'tuned-vlan', plugins: [vlan, tuning] });
    succeeded(await bed.add(pod));
    expect(await pod.exec('sysctl', '-n', 'net.ipv4.conf.net1.arp_filter')).toBe('1');
    expect((await bed.remains()).ports).toHaveLength(1);
    succeeded(await bed.call('CHECK', pod));
    succeeded(await bed.del(pod));
    expect(await bed.remains()).toStrictEqual(nothing);
  });

  it('is a list in a file of the Node, if it is empty', async () => {
    const dir = join(bed.node.dir, 'nads');
    mkdirSync(dir, { recursive: true });
    const list = { cniVersion: '1.0.0', name: 'empty', plugins: [{ ...mains['bridge'], ipam: ipams['static'] }] };
    writeFileSync(join(dir, '20-empty.conflist'), JSON.stringify(list));
    const before = await state();
    const pod = await bed.pod({ networks: 'empty' });
    succeeded(await bed.add(pod));
    expect(await addressesOf(pod, 'net1')).toStrictEqual(['10.60.0.5/24']);
    succeeded(await bed.del(pod));
    expect(await state()).toStrictEqual(before);
  });

  it('is refused before anything is made when its addresses come from a daemon that does not run', async () => {
    const before = await state();
    const socket = join(bed.node.dir, 'dhcp.sock');
    const ipam = { type: 'dhcp', daemonSocketPath: socket };
    const { code, msg, details } = errorOf(await bed.add(await podWith({ ...mains['bridge'], ipam })));
    expect(msg).toMatch(
      new RegExp(`^network shop/\\S+: ipam.type "dhcp" needs its daemon, and this Node has no socket ${socket}$`, 'u'),
    );
    expect(details).toContain('dhcp daemon');
    expect(code).toBe(11);
    expect(await state()).toStrictEqual(before);
  });

  it('is detached when the daemon of its addresses is gone, and its leases with it', async () => {
    const before = await state();
    const pod = await podWith({ ...macvlan, ipam: ipams['static'] });
    succeeded(await bed.add(pod));
    const sandboxes = join(bed.node.dataDir, 'sandboxes');
    for (const name of readdirSync(sandboxes)) {
      const record = readFileSync(join(sandboxes, name), 'utf8');
      const leased = { type: 'dhcp', daemonSocketPath: '/nowhere' };
      writeFileSync(join(sandboxes, name), record.replace(JSON.stringify(ipams['static']), JSON.stringify(leased)));
    }
    succeeded(await bed.del(pod));
    expect(await state()).toStrictEqual(before);
    expect((await pod.links()).map(({ ifname }) => ifname).toSorted()).toStrictEqual(['eth0', 'lo']);
  });

  it('keeps its addresses while nobody can take its interface away: the Pod could go on using them', async () => {
    const pod = await podWith({ ...mains['bridge'], ipam: ipams['ours'] });
    succeeded(await bed.add(pod));
    const withoutOthers = { env: { CNI_PATH: dirname(antreaExecutable()) } };
    expect(errorOf(await bed.del(pod, withoutOthers)).msg).toContain('the plugin bridge is in none of the folders');
    expect(await addressesOf(pod, 'net1')).toStrictEqual(['10.30.0.10/24']);
    expect(await bed.held()).toStrictEqual(['flat/10.30.0.10']);
    succeeded(await bed.del(pod));
    expect(await bed.remains()).toStrictEqual(nothing);
  });

  it('gives addresses to a VLAN network: what the runtime asks of the first interface is kept from it', async () => {
    const pod = await podWith({ type: ours, networkType: 'vlan', ipam: ipams['static'] });
    const asking = { ...pod, args: { ...pod.args, IP: '10.244.0.99' } };
    succeeded(await bed.add(asking));
    expect(await addressesOf(pod, 'eth0')).toStrictEqual(['10.244.0.99/24']);
    expect(await addressesOf(pod, 'net1')).toStrictEqual(['10.60.0.5/24']);
    succeeded(await bed.del(asking));
    expect(await bed.remains()).toStrictEqual(nothing);
  });

  it('gives addresses to a VLAN network: gets them back though the record of the Pod is damaged', async () => {
    const before = await state();
    const pod = await podWith({ type: ours, networkType: 'vlan', ipam: ipams['host-local'] });
    succeeded(await bed.add(pod));
    const sandboxes = join(bed.node.dataDir, 'sandboxes');
    for (const name of readdirSync(sandboxes)) writeFileSync(join(sandboxes, name), '{');
    succeeded(await bed.del(pod));
    expect(await state()).toStrictEqual(before);
  });

  it('gets the device and the GUID that the Pod asks for, if it says that it takes them', async () => {
    const capabilities = { deviceID: true, infinibandGUID: true, CNIDeviceInfoFile: true };
    const asked = { deviceID: '0000:af:06.1', 'infiniband-guid': 'c2:11:22:33:44:55:66:77' };
    const pod = await podWith({ type: 'host-device', capabilities }, asked);
    expect(errorOf(await bed.add(pod)).msg).toContain('host-device: ');
    expect(errorOf(await bed.add(pod)).msg).toContain('0000:af:06.1');
    const other = await podWith({ ...macvlan, ipam: ipams['static'] }, asked);
    expect(errorOf(await bed.add(other)).msg).toContain('the Pod asks for deviceID, and no plugin of the network');
    expect(await bed.remains()).toStrictEqual(nothing);
  });

  async function podWith(config: JsonObject, asked: object = {}): Promise<ClusterPod> {
    const name = uniqueName('lab-');
    await bed.applyNetworks({ [name]: { cniVersion: '1.0.0', ...config } });
    return bed.pod({ networks: [{ name, ...asked }] });
  }

  async function status(pod: ClusterPod): Promise<readonly JsonObject[]> {
    return bed.annotation(pod, 'k8s.v1.cni.cncf.io/network-status');
  }

  /** Everything that attachments can leave: those of the Pod network aside. */
  async function state(): Promise<object> {
    const links = (await bed.node.netns.links()).filter(({ master }) => master !== 'cni0').map(({ ifname }) => ifname);
    const leased = existsSync(leases()) ? readdirSync(leases(), { recursive: true }).map(String) : [];
    return {
      ...(await bed.remains()),
      links: links.filter((name) => !['cni0', 'br-lab'].includes(name)).toSorted(),
      leases: leased.filter((name) => /\d+\.\d+$/u.test(name)),
    };
  }

  function leases(): string {
    return join(bed.node.dir, 'leases');
  }
});

async function addressesOf(pod: ClusterPod, ifname: string): Promise<readonly string[]> {
  const all = await pod.addresses();
  return all.filter((one) => one.ifname === ifname && one.family === 4).map(({ cidr }) => cidr);
}

/** Kinds of links that this machine's kernel does not know. */
async function missingKinds(): Promise<readonly string[]> {
  const tries = ['macvlan', 'ipvlan'].map(async (kind) => {
    const { stderr } = await run(['ip', 'link', 'add', 'link', 'lo', 'name', uniqueName('k'), 'type', kind]);
    return stderr.includes('Unknown device type') ? [kind] : [];
  });
  return (await Promise.all(tries)).flat();
}

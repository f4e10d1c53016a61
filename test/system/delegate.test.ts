import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ipsOf, resultOf, succeeded } from '../fixture/outcome.ts';
import { createResources } from '../fixture/resources.ts';
import { createRuntime } from '../fixture/runtime.ts';
import { uniqueName } from '../fixture/unique.ts';
import { attachment, hostInterfaceOf, network, noTraces, reaches, refusal, startBed, type Bed } from './bed.ts';
import { leaseFolder, leasesIn } from './leases.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
});
afterAll(() => bed.stop());
const resources = createResources();
afterEach(resources.release);

/** Debian's plugins speak 1.0.0 at most. */
function hostLocal(section: object = {}) {
  const { name, folder } = leaseFolder(resources);
  const ipam = { type: 'host-local', ranges: [[{ subnet: '10.30.0.0/24' }], [{ subnet: 'fd00:30::/64' }]], ...section };
  return { config: network({ cniVersion: '1.0.0', name, ipam }), folder };
}

describe('host-local as ipam.type', () => {
  it('gives addresses, is asked by CHECK, and gets them back', async () => {
    const { config, folder } = hostLocal({ routes: [{ dst: '192.168.0.0/16' }] });
    const [one, two] = [await bed.pod(), await bed.pod()];
    const [first, second] = [attachment(one, config), attachment(two, config)];
    const added = await bed.runtime.add(first);
    expect(ipsOf(added)).toStrictEqual(['10.30.0.2/24', 'fd00:30::2/64']);
    expect(resultOf(added)['ips']).toMatchObject([
      { interface: 1, gateway: '10.30.0.1' },
      { interface: 1, gateway: 'fd00:30::1' },
    ]);
    expect(ipsOf(await bed.runtime.add(second))).toStrictEqual(['10.30.0.3/24', 'fd00:30::3/64']);
    expect(await reaches(one, '10.30.0.3')).toBe(true);
    expect(await reaches(two, 'fd00:30::2')).toBe(true);
    expect(await bed.port(hostInterfaceOf(added))).toMatchObject({ tag: 100 });
    expect((await one.routes()).find(({ dst }) => dst === '192.168.0.0/16')?.gateway).toBe('10.30.0.1');
    expect(leasesIn(folder)).toHaveLength(4);
    succeeded(await bed.runtime.check({ ...first, prevResult: resultOf(added) }));
    for (const lease of leasesIn(folder)) rmSync(join(folder, lease));
    expect(refusal(await bed.runtime.check({ ...first, prevResult: resultOf(added) }))).toContain('host-local: ');
    succeeded(await bed.runtime.del(first));
    succeeded(await bed.runtime.del(second));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('is asked to take back what it gave when the wiring fails after it, and when the Pod is gone', async () => {
    const { config, folder } = hostLocal();
    const pod = await bed.pod();
    await pod.exec('ip', 'link', 'add', 'net1', 'type', 'veth', 'peer', 'name', 'other');
    expect(refusal(await bed.runtime.add(attachment(pod, config)))).toMatch(/^102: /u);
    expect(leasesIn(folder)).toStrictEqual([]);
    const gone = await bed.pod();
    succeeded(await bed.runtime.add(attachment(gone, config)));
    await gone.remove();
    for (let time = 1; time <= 2; time++) succeeded(await bed.runtime.del(attachment(gone, config)));
    expect(leasesIn(folder)).toStrictEqual([]);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it("gives the address that is asked for, and passes on its error if it can't", async () => {
    const { config, folder } = hostLocal({ ranges: [[{ subnet: '10.30.0.0/24' }]] });
    const conf = { ...config, capabilities: { ips: true } };
    const wanted = attachment(await bed.pod(), conf, { runtimeConfig: { ips: ['10.30.0.77'] } });
    expect(ipsOf(await bed.runtime.add(wanted))).toStrictEqual(['10.30.0.77/24']);
    const second = attachment(await bed.pod(), conf, { runtimeConfig: { ips: ['10.30.0.77'] } });
    expect(refusal(await bed.runtime.add(second))).toContain('host-local: failed to allocate');
    expect(leasesIn(folder)).toStrictEqual(['10.30.0.77']);
    succeeded(await bed.runtime.del(wanted));
    expect(leasesIn(folder)).toStrictEqual([]);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

describe('a path in the ipam section of a network', () => {
  it.each([
    { dataDir: '/tmp/x' },
    { resolvConf: '/etc/shadow' },
    { daemonSocketPath: '/run/x.sock' },
    { other: ['/etc'] },
  ])('is refused, and the plugin is not run at all, neither by ADD nor by DEL: %j', async (section) => {
    const dataDir = join(bed.node.dir, uniqueName('leases-'));
    const paths = Object.hasOwn(section, 'dataDir') ? { dataDir } : section;
    const { config, folder } = hostLocal(paths);
    const wanted = attachment(await bed.pod(), config);
    expect(refusal(await bed.runtime.add(wanted))).toMatch(/^2: ipam\..* names a file or a socket of the Node/u);
    expect(await bed.traces()).toStrictEqual(noTraces);
    succeeded(await bed.runtime.del(wanted));
    expect([existsSync(dataDir), existsSync(folder)]).toStrictEqual([false, false]);
  });

  it('is accepted where the administrator says so', async () => {
    const own = await resources.use(startBed({ nodeFile: { allowPaths: true } }));
    const dataDir = join(own.node.dir, 'leases');
    mkdirSync(dataDir);
    const { config } = hostLocal({ dataDir });
    const wanted = attachment(await own.pod(), config);
    succeeded(await own.runtime.add(wanted));
    expect(leasesIn(join(dataDir, String(config['name'])))).toHaveLength(2);
    succeeded(await own.runtime.del(wanted));
    expect(leasesIn(join(dataDir, String(config['name'])))).toStrictEqual([]);
    expect(await own.traces()).toStrictEqual(noTraces);
  });
});

const staticNetwork = (section: object) => network({ cniVersion: '1.0.0', ipam: { type: 'static', ...section } });

describe('static as ipam.type', () => {
  it('that does not know the CNI version of the network says so, and leaves nothing that DEL could not remove', async () => {
    const addresses = [{ address: '10.31.0.5/24' }];
    const wanted = attachment(await bed.pod(), { ...staticNetwork({ addresses }), cniVersion: '1.1.0' });
    expect(refusal(await bed.runtime.add(wanted))).toBe('1: static: incompatible CNI versions');
    expect(await bed.traces()).toStrictEqual(noTraces);
    succeeded(await bed.runtime.del(wanted));
  });

  const addresses = [{ address: '10.31.0.5/24', gateway: '10.31.0.1' }, { address: 'fd00:31::5/64' }];

  it('gives its addresses, routes and DNS', async () => {
    const dns = { nameservers: ['10.31.0.53'] };
    const routes = [{ dst: '172.16.0.0/12', gw: '10.31.0.9' }];
    const pod = await bed.pod();
    const wanted = attachment(pod, staticNetwork({ addresses, routes, dns }));
    const added = await bed.runtime.add(wanted);
    expect(ipsOf(added)).toStrictEqual(['10.31.0.5/24', 'fd00:31::5/64']);
    expect(added.json).toMatchObject({ routes, dns });
    expect((await pod.addresses()).map(({ cidr }) => cidr)).toStrictEqual(expect.arrayContaining([...ipsOf(added)]));
    succeeded(await bed.runtime.check({ ...wanted, prevResult: resultOf(added) }));
    succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it.each([
    { args: { IgnoreUnknown: '1', IP: '10.31.0.7/24' }, gives: ['10.31.0.5/24', 'fd00:31::5/64', '10.31.0.7/24'] },
    { runtimeConfig: { ips: ['10.31.0.8/24'] }, gives: ['10.31.0.8/24'] },
  ])('sees what the runtime asks for: $gives', async ({ gives, ...asked }) => {
    const wanted = attachment(await bed.pod(), { ...staticNetwork({ addresses }), capabilities: { ips: true } }, asked);
    expect(ipsOf(await bed.runtime.add(wanted))).toStrictEqual(gives);
    succeeded(await bed.runtime.del(wanted));
  });

  it('refuses an address without prefix length, and nothing is left', async () => {
    const wanted = attachment(await bed.pod(), staticNetwork({ addresses: [{ address: '10.31.0.5' }] }));
    expect(refusal(await bed.runtime.add(wanted))).toMatch(/^\d+: static: .*10\.31\.0\.5/u);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('without addresses gives none, which is no IPAM', async () => {
    const wanted = attachment(await bed.pod(), staticNetwork({ addresses: [] }));
    expect(refusal(await bed.runtime.add(wanted))).toMatch(/^101: .* has no address/u);
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

it.each(['nobody', 'LICENSE', 'folder'])(
  'a Pod whose network names no plugin that there is can be deleted: %s',
  async (type) => {
    const folder = join(bed.node.dir, 'plugins');
    mkdirSync(join(folder, 'folder'), { recursive: true });
    writeFileSync(join(folder, 'LICENSE'), 'as in the archives of the reference plugins', { mode: 0o644 });
    const runtime = createRuntime({ node: bed.node, path: [folder] });
    const wanted = attachment(await bed.pod(), network({ ipam: { type } }));
    expect(refusal(await runtime.add(wanted))).toContain(`7: the plugin ${type} is in none of the folders`);
    succeeded(await runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  },
);

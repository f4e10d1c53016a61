import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { must, run } from '../fixture/command.ts';
import { createResources } from '../fixture/resources.ts';
import { antreaExecutable, debianPlugins } from '../fixture/runtime.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { noTraces, startBed, type Bed } from '../system/bed.ts';
import { idle, makeImage } from './node/image.ts';

const reason = await whyNot();
if (reason !== undefined) process.stderr.write(`test/e2e/podman.test.ts is skipped: ${reason}\n`);

describe.skipIf(reason !== undefined)('podman with the plugin as its network', () => {
  const resources = createResources();
  let bed: Bed;
  let podman: (...words: readonly string[]) => Promise<string>;
  let start: (name: string, ...options: readonly string[]) => Promise<string>;
  beforeAll(async () => {
    bed = await resources.use(startBed());
    await bed.applyPools(
      { name: 'four', ranges: ['10.10.1.0/26'], gateway: '10.10.1.1', vlan: 100 },
      { name: 'six', ranges: ['fd00:10::100-fd00:10::1ff'], gateway: 'fd00:10::1', prefixLength: 64, vlan: 100 },
    );
    const { path } = await resources.use(makeTempDir('podman'));
    chmodSync(path, 0o711); // for root of another user namespace
    const command = prepare(path, bed);
    await makeImage(path, await must(['sh', '-c', 'command -v busybox']));
    podman = (...words) => must([...command.argv, ...words], { env: command.env });
    start = (name, ...options) =>
      podman('run', '--detach', '--name', name, ...options, '--rootfs', join(path, 'rootfs'), ...idle);
  });
  afterEach(async () => {
    await podman('rm', '--all', '--force', '--time', '1');
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
  afterAll(resources.release);

  it('attaches containers, which reach each other; what is asked for is kept when one is started again', async () => {
    await start('web', '--network', 'vlan100', '--ip', '10.10.1.9', '--mac-address', '02:00:00:00:00:09');
    await start('other', '--network', 'vlan100');
    await podman('exec', 'other', 'ping', '-c', '1', '-W', '10', '10.10.1.9');
    await podman('stop', '--time', '1', 'web');
    expect(await bed.held()).not.toContain('four/10.10.1.9');
    await podman('start', 'web');
    expect(await bed.held()).toContain('four/10.10.1.9');
    const mac = await podman('inspect', 'web', '--format', '{{.NetworkSettings.Networks.vlan100.MacAddress}}');
    expect(mac).toBe('02:00:00:00:00:09');
  });

  it('attaches containers whose user namespaces, and so their network namespaces, are their own', async () => {
    const own = ['--network', 'vlan100', '--uidmap', '0:100000:65536'];
    await Promise.all([start('web', ...own, '--ip', '10.10.1.9'), start('other', ...own)]);
    await podman('exec', 'other', 'ping', '-c', '1', '-W', '10', '10.10.1.9');
  });

  it('attaches a container anew, with the addresses that it has', async () => {
    await start('web', '--network', 'vlan100', '--ip6', 'fd00:10::111');
    const before = await bed.held();
    await podman('network', 'reload', 'web');
    expect(await bed.held()).toStrictEqual(before);
  });

  it('attaches and detaches while a container runs', async () => {
    await start('web', '--network', 'vlan100');
    await podman('network', 'connect', 'bare', 'web');
    expect(await bed.node.ovs.ports(bed.node.bridge)).toHaveLength(2);
    await podman('network', 'disconnect', 'bare', 'web');
    expect(await bed.node.ovs.ports(bed.node.bridge)).toHaveLength(1);
  });
});

async function whyNot(): Promise<string | undefined> {
  const found = await run(['sh', '-c', 'command -v podman busybox runc']);
  if (found.code !== 0) return 'podman, busybox (busybox-static) or runc is not installed';
  const version = await must(['podman', '--version']);
  return / [34]\./u.test(version) ? undefined : `${version} has no CNI`;
}

/**
 * Folders, networks and configuration of its own, in the Node's network namespace. The DEL of a container that has ended
 * comes from podman or from conmon, whoever is quicker, and conmon passes on no variable of ours: so the plugin is a script that sets it.
 */
function prepare(
  dir: string,
  { node }: Bed,
): { readonly argv: readonly string[]; readonly env: Record<string, string> } {
  const networks = join(dir, 'net.d');
  mkdirSync(networks);
  const base = { type: 'antrea', networkType: 'vlan', capabilities: { ips: true, mac: true } };
  const lists = { vlan100: { ...base, vlan: 100, ipam: { type: 'antrea', ippools: ['four', 'six'] } }, bare: base };
  for (const [name, plugin] of Object.entries(lists))
    writeFileSync(join(networks, `${name}.conflist`), JSON.stringify({ cniVersion: '1.0.0', name, plugins: [plugin] }));
  const plugins = join(dir, 'plugins');
  mkdirSync(plugins);
  writeFileSync(join(plugins, 'antrea'), scriptOf(node.env), { mode: 0o755 });
  const configuration = join(dir, 'containers.conf');
  writeFileSync(configuration, settings({ networks, plugins }));
  const folders = ['--root', join(dir, 'root'), '--runroot', join(dir, 'run'), '--tmpdir', join(dir, 'tmp')];
  const drivers = '--storage-driver vfs --cgroup-manager cgroupfs --events-backend none --runtime runc'.split(' ');
  return {
    argv: ['nsenter', `--net=${node.netns.path}`, 'podman', ...folders, ...drivers],
    env: { CONTAINERS_CONF: configuration },
  };
}

function scriptOf(env: Readonly<Record<string, string>>): string {
  const variables = Object.entries(env).map(([name, value]) => `export ${name}='${value}'\n`);
  return `#!/bin/sh\n${variables.join('')}exec '${antreaExecutable()}'\n`;
}

/** Its own limits are higher than what root may have on some machines. */
function settings({ networks, plugins }: Readonly<Record<'networks' | 'plugins', string>>): string {
  return `
[network]
network_backend = "cni"
cni_plugin_dirs = ["${plugins}", "${debianPlugins}"]
network_config_dir = "${networks}"
[containers]
log_driver = "k8s-file"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
`;
}

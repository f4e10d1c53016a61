import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { fileSandboxes } from '../../../src/system/sandboxes.ts';
import { files } from '../../../src/system/files.ts';
import { startFakeRuntime } from '../../agent/cri/fake-runtime.ts';
import { startDaemon, type Daemon } from '../../fixture/daemon.ts';
import { resultOf } from '../../fixture/outcome.ts';
import { resourcesOf } from '../../fixture/resources.ts';
import { createRuntime, debianPlugins } from '../../fixture/runtime.ts';
import { makeTempDir, uniqueName } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';
import { attachment, ipam, network, noTraces, refusal, type Pod } from '../bed.ts';
import { startCleanupBed, type CleanupBed } from './cleanup-bed.ts';

/** With a runtime that knows one sandbox, of a Pod that has no networks of ours. */
async function start(context: TestContext): Promise<CleanupBed> {
  const { path } = await resourcesOf(context).use(makeTempDir('cri'));
  const runtime = await resourcesOf(context).use(startFakeRuntime(join(path, 'cri.sock')));
  runtime.sandboxes.set('another', 'ready');
  return resourcesOf(context).use(startCleanupBed(runtime.socket));
}

describe.concurrent('what a DEL has not done', () => {
  it('is done when Open vSwitch is back', { timeout: 180_000 }, async (context) => {
    const bed = await start(context);
    const { ovs } = bed.node;
    const [pod, other] = [await bed.attach(), await bed.attach()];
    await ovs.ovsdb.kill();
    const failed = await bed.runtime.del(attachment(pod, network(ipam('a'))));
    expect(refusal(failed)).toMatch(/^11: /u);
    await pod.remove();
    bed.startAgent();
    await bed.untilMetric('antrea_agent_cleanup_sandboxes{state="pending"}', 1);
    await ovs.restart();
    await bed.untilCleaned(pod);
    expect(await bed.isLeft(other)).toBe(true);
    await bed.untilMetric('antrea_agent_cleanup_sandboxes{state="pending"}', 0);
  });

  it('is done by the next agent when one is killed while it does it', { timeout: 180_000 }, async (context) => {
    const bed = await start(context);
    const pods = [await bed.attach(), await bed.attach(), await bed.attach(), await bed.attach(), await bed.attach()];
    for (const pod of pods) await pod.remove();
    const agent = bed.startAgent();
    const isBegun = async (): Promise<boolean> => (await bed.tracesOnNode()).journal.length < pods.length;
    await until(isBegun, { what: 'the first one' });
    await agent.kill();
    bed.startAgent();
    await bed.untilCleaned(...pods);
    expect(await bed.traces()).toEqual(noTraces);
  });
});

describe.concurrent('an ADD that is under way', () => {
  it(
    'keeps what it has, though neither a link nor the path of its netns is there, until it is killed',
    { timeout: 180_000 },
    async (context) => {
      const bed = await start(context);
      const [busy, control] = [await bed.pod(), await bed.attach()];
      const adding = stopAfterIpam(bed, busy);
      resourcesOf(context).defer(adding.kill);
      await until(async () => (await bed.held()).length === 2, { what: 'an address of the ADD' });
      const itsLink = async (): Promise<string | undefined> =>
        (await bed.tracesOnNode()).links.find((name) => name !== control.hostInterface);
      const link = await until(itsLink, { what: 'a link of the ADD' });
      await bed.node.netns.exec('ip', 'link', 'delete', 'dev', link);
      await busy.remove();
      bed.startAgent();
      await bed.untilMetric('antrea_agent_cleanup_runtime_answers', 1);
      await control.remove();
      await bed.untilCleaned(control);
      expect(await bed.isLeft(busy)).toBe(true);
      await adding.kill();
      await bed.untilCleaned(busy);
    },
  );
});

/** SIGSTOP when its journal has the address. strace ends with the daemon, and the plugin with strace. */
function stopAfterIpam(bed: CleanupBed, pod: Pod): Daemon {
  const { argv, env, input } = bed.runtime.invocation('ADD', attachment(pod, network(ipam('a'))));
  const [executable = '', ...prefix] = argv.toReversed();
  const stdin = join(bed.node.dir, 'stdin');
  writeFileSync(stdin, input ?? '');
  const strace = ['strace', '-o', '/dev/null', '-e', 'trace=rename'];
  const stop = [...strace, '-e', 'inject=rename:signal=STOP:when=2', 'setpriv', '--pdeathsig', 'KILL', executable];
  const defined: Record<string, string> = {};
  for (const [key, value] of Object.entries(env ?? {})) if (value !== undefined) defined[key] = value;
  return startDaemon({
    argv: ['sh', '-c', 'in=$1; shift; exec "$@" <"$in"', 'sh', stdin, ...stop],
    prefix: prefix.toReversed(),
    env: defined,
    outputFile: join(bed.node.dir, 'stopped.log'),
  });
}

describe.concurrent('an interface of ours with addresses of another plugin', () => {
  it('leaves none of them', { timeout: 180_000 }, async (context) => {
    const bed = await start(context);
    const pod = await bed.pod();
    const name = uniqueName('leases-');
    const leases = `/var/lib/cni/networks/${name}`;
    resourcesOf(context).defer(() => rmSync(leases, { recursive: true, force: true }));
    const hostLocal = { ipam: { type: 'host-local', subnet: '10.77.0.0/24' } };
    resultOf(await bed.runtime.add(attachment(pod, network({ cniVersion: '1.0.0', name, ...hostLocal }))));
    expect(addressesIn(leases)).toHaveLength(1);
    knowDebianPlugins(bed);
    await pod.remove();
    bed.startAgent();
    await bed.untilCleaned(pod);
    expect(addressesIn(leases)).toEqual([]);
    expect(await bed.traces()).toEqual(noTraces);
  });
});

/** Where the plugins of this Node are, the agent knows from the installation. */
function knowDebianPlugins({ node: { nodeFile } }: CleanupBed): void {
  const record = { version: 1, executables: [join(debianPlugins, 'antrea')], confDirs: [], before: {} };
  writeFileSync(join(dirname(nodeFile), 'install.json'), JSON.stringify(record));
}

describe.concurrent('a Pod whose networks were all attached by us', () => {
  it('leaves nothing of any of them, those of other plugins included', { timeout: 180_000 }, async (context) => {
    const bed = await start(context);
    const { dataDir, dir } = bed.node;
    const pod = await bed.attach();
    const leases = join(dir, 'leases');
    const hostLocal = { type: 'host-local', subnet: '10.77.0.0/24', dataDir: leases };
    const bridged = { cniVersion: '1.0.0', name: 'bridged', type: 'bridge', bridge: 'brx', ipam: hostLocal };
    const asPlugin = createRuntime({ node: bed.node, executable: join(debianPlugins, 'bridge') });
    const result = resultOf(await asPlugin.add(attachment(pod, bridged, { ifname: 'net2' })));
    const plain = { nad: 'a/plain', args: '' };
    fileSandboxes(files, dataDir).write({
      containerID: pod.containerId,
      ifname: 'eth0',
      network: 'pods',
      netns: pod.path,
      pod: { namespace: 'a', name: 'web-0', uid: 'u' },
      complete: true,
      attachments: [
        { ...plain, ifname: 'net1', kind: 'vlan', plugins: [network(ipam('a'))] },
        { ...plain, ifname: 'net2', kind: 'delegates', plugins: [bridged], result },
      ],
    });
    knowDebianPlugins(bed);
    await pod.remove();
    mkdirSync(leases, { recursive: true });
    expect(addressesIn(join(leases, 'bridged'))).toHaveLength(1);
    bed.startAgent();
    await bed.untilCleaned(pod);
    await until(() => !existsSync(join(dataDir, 'sandboxes')) || readdirSync(join(dataDir, 'sandboxes')).length === 0, {
      what: 'no record',
    });
    expect(addressesIn(join(leases, 'bridged'))).toEqual([]);
    expect(await bed.traces()).toEqual(noTraces);
    await bed.untilMetric('antrea_agent_cleanup_removed_total{what="sandbox"}', 1);
  });
});

/** Of host-local. */
function addressesIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => /^[\d.]+$/u.test(name));
}

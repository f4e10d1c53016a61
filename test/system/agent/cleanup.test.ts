import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { startFakeRuntime, type FakeRuntime } from '../../agent/cri/fake-runtime.ts';
import { resourcesOf } from '../../fixture/resources.ts';
import { succeeded } from '../../fixture/outcome.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { attachment, ipam, network, noTraces, reaches } from '../bed.ts';
import { longerTime, startCleanupBed, type CleanupBed } from './cleanup-bed.ts';

interface Scene {
  readonly bed: CleanupBed;
  readonly runtime: FakeRuntime;
}

/** A runtime that knows one sandbox, of a Pod that has no networks of ours. */
async function start(context: TestContext): Promise<Scene> {
  const { path } = await resourcesOf(context).use(makeTempDir('cri'));
  const runtime = await resourcesOf(context).use(startFakeRuntime(join(path, 'cri.sock')));
  runtime.sandboxes.set('another', 'ready');
  const bed = await resourcesOf(context).use(startCleanupBed(runtime.socket));
  return { bed, runtime };
}

describe.concurrent('sandboxes that went without a DEL', () => {
  it('leave nothing, and whatever may be in use stays', { timeout: 180_000 }, async (context) => {
    const { bed, runtime } = await start(context);
    const { ovs, netns, bridge } = bed.node;
    const [alive, ready, gone, notReady, peer] = [
      await bed.attach(),
      await bed.attach(),
      await bed.attach(),
      await bed.attach(),
      await bed.attach(),
    ];
    const macvlan = await bed.pod();
    const asIpam = { ...network(ipam('a')), name: 'macs', type: 'macvlan', networkType: undefined };
    const executable = { ...attachment(macvlan, asIpam), args: { IgnoreUnknown: '1' } };
    succeeded(await bed.runtime.add(executable));
    // Of others: ovs-cni's, Antrea's, and a link that has but the look of ours.
    const theirs = ['add-port', bridge, 'ovscni0', '--', 'set', 'Interface', 'ovscni0', 'type=internal'];
    await ovs.vsctl(...theirs, '--', 'set', 'Port', 'ovscni0', `external_ids:contNetns=${gone.path}`);
    const antreas = ['add-port', bridge, 'antrea0', '--', 'set', 'Interface', 'antrea0', 'type=internal'];
    const ids = ['external_ids:antrea-type=container', `external_ids:container-id=${gone.containerId}`];
    await ovs.vsctl(...antreas, '--', 'set', 'Port', 'antrea0', ...ids);
    await netns.exec('ip', 'link', 'add', 'avaaaaaaaaaaaaa', 'type', 'veth', 'peer', 'name', 'theirs');
    runtime.sandboxes.set(ready.containerId, 'ready').set(notReady.containerId, 'not-ready');
    for (const pod of [ready, gone, notReady, macvlan]) await pod.remove();

    const begin = Date.now();
    bed.startAgent();
    await bed.untilCleaned(gone, macvlan, notReady);
    // The kubelet still calls DEL for it.
    expect(await bed.cleanedAt(notReady)).toBeGreaterThanOrEqual(begin + longerTime);
    for (const pod of [alive, ready, peer]) expect(await bed.isLeft(pod)).toBe(true);
    expect(await reaches(alive, peer.address)).toBe(true);
    const { ports, links, held } = await bed.traces();
    const own = [alive, ready, peer].map(({ hostInterface }) => hostInterface);
    expect(ports).toEqual(['antrea0', 'ovscni0', ...own].toSorted());
    expect(links).toContain('avaaaaaaaaaaaaa');
    expect(held).toHaveLength(3);
    await bed.untilMetric('antrea_agent_cleanup_removed_total{what="attachment"}', 2);
    await bed.untilMetric('antrea_agent_cleanup_removed_total{what="addresses"}', 1);
    await bed.untilMetric('antrea_agent_cleanup_sandboxes{state="waiting"}', 0);
  });

  it('leave nothing where there is no runtime to be asked, later', { timeout: 180_000 }, async (context) => {
    const bed = await resourcesOf(context).use(startCleanupBed());
    const [alive, gone] = [await bed.attach(), await bed.attach()];
    await gone.remove();
    bed.startAgent();
    await bed.untilMetric('antrea_agent_cleanup_sandboxes{state="waiting"}', 1);
    await bed.untilCleaned(gone);
    expect(await bed.isLeft(alive)).toBe(true);
    expect(bed.agentLog()).toContain('does not answer');
  });
});

describe.concurrent('after a reboot', () => {
  it(
    'leave nothing of the sandboxes before it, though the kubelet still calls DEL for them',
    { timeout: 180_000 },
    async (context) => {
      const { bed, runtime } = await start(context);
      const pods = [await bed.attach(), await bed.attach(), await bed.attach()];
      bed.node.ovs.vswitchd.pause();
      for (const pod of pods) {
        runtime.sandboxes.set(pod.containerId, 'not-ready');
        await pod.remove();
      }
      await bed.node.ovs.vswitchd.kill();
      await bed.node.ovs.restart();
      const before = { version: 1, boot: 'the one before' };
      await bed.node.netns.exec('mkdir', '-p', join(bed.node.dataDir, 'agent'));
      writeFileSync(join(bed.node.dataDir, 'agent/boot.json'), JSON.stringify(before));
      bed.startAgent();
      // By then it has looked at what there was before it.
      await bed.untilMetric('antrea_agent_cleanup_runtime_answers', 1);
      // One that has ended since then.
      const later = await bed.attach();
      runtime.sandboxes.set(later.containerId, 'not-ready');
      const begin = Date.now();
      await later.remove();
      await bed.untilCleaned(...pods, later);
      expect(await bed.cleanedAt(later)).toBeGreaterThanOrEqual(begin + longerTime);
      expect(await bed.traces()).toEqual(noTraces);
    },
  );
});

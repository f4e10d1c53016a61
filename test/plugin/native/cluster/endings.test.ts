import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from '../../../cluster/api.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { isObject, parseJson } from '../../../fixture/json.ts';
import { errorOf, succeeded } from '../../../fixture/outcome.ts';
import { ours } from '../../cluster/networks.ts';
import type { ClusterPod } from '../../cluster/pod.ts';
import { nothing, startNativeBed, type NativeBed, type Remains } from './bed.ts';
import { applySamples, prepareNetworks } from './networks.ts';

const tools = await findClusterTools();
/** Milliseconds: from before the first network to the last one, however busy the machine is. */
const moments = [60, 100, 150, 200, 300, 400];
const definitions = '/apis/k8s.cni.cncf.io/v1/namespaces/shop/network-attachment-definitions';

describe.skipIf(tools.dir === undefined)('a Pod that Multus did not attach leaves nothing', () => {
  let bed: NativeBed;
  beforeAll(async () => {
    bed = await startNativeBed({ timeoutSeconds: 15 });
    await prepareNetworks(bed);
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  it('when Pod, networks and network namespace are gone before DEL', async () => {
    const pod = await bed.pod({ networks: 'blue,flat,static' });
    succeeded(await bed.add(pod));
    await pod.forget();
    for (const name of ['blue', 'flat', 'static']) accepted(await bed.cluster.admin.remove(`${definitions}/${name}`));
    await pod.remove();
    succeeded(await bed.del(pod, { args: {} }));
    expect(await bed.remains()).toStrictEqual(nothing);
    await applySamples(bed);
  });

  it('when the API server is away: DEL does the rest, says 11, and the next one does it', async () => {
    const pod = await bed.pod({ networks: 'blue,static' });
    succeeded(await bed.add(pod));
    await bed.killServer();
    try {
      expect(errorOf(await bed.del(pod)).code).toBe(11);
      expect((await pod.links()).map(({ ifname }) => ifname).toSorted()).toStrictEqual(['eth0', 'lo']);
      expect(errorOf(await bed.ask('STATUS')).code).toBe(50);
    } finally {
      await bed.restart();
    }
    succeeded(await bed.del(pod));
    expect(await bed.remains()).toStrictEqual(nothing);
    succeeded(await bed.ask('STATUS'));
  });

  it.each(moments)('when ADD is killed after %i ms, and DEL comes', async (moment) => {
    const pod = await bed.pod({ networks: 'wide,flat,wide,static' });
    await killed(pod, moment);
    succeeded(await bed.del(pod));
    expect(await settled()).toStrictEqual(nothing);
    expect((await pod.links()).map(({ ifname }) => ifname).toSorted()).toStrictEqual(['eth0', 'lo']);
  });

  it.each(moments)('when ADD is killed after %i ms, and GC comes: others keep theirs', async (moment) => {
    const [living, dying] = [await bed.pod({ networks: 'wide' }), await bed.pod({ networks: 'wide,flat,wide' })];
    succeeded(await bed.add(living));
    const before = await settled();
    await killed(dying, moment);
    const valid = [{ containerID: living.containerId, ifname: 'eth0' }];
    succeeded(await bed.ask('GC', { 'cni.dev/valid-attachments': valid }));
    expect(await settled()).toStrictEqual(before);
    succeeded(await bed.call('CHECK', living));
  });

  it('when ADD is killed, and comes again', async () => {
    const pod = await bed.pod({ networks: 'wide,flat,static' });
    await killed(pod, 200);
    const again = await bed.add(pod);
    if (again.code !== 0) expect(errorOf(again).msg).toContain('already');
    succeeded(await bed.call('CHECK', pod));
    succeeded(await bed.del(pod));
    expect(await settled()).toStrictEqual(nothing);
  });

  it('when the record of its sandbox is damaged, and DEL comes', async () => {
    const pod = await bed.pod({ networks: 'blue,flat' });
    succeeded(await bed.add(pod));
    for (const name of readdirSync(sandboxes())) writeFileSync(join(sandboxes(), name), '{');
    expect(errorOf(await bed.call('CHECK', pod)).code).toBe(103);
    succeeded(await bed.del(pod));
    expect(await settled()).toStrictEqual(nothing);
  });

  it('when all that the Node remembers of it is lost, and GC comes', async () => {
    const [living, lost] = [await bed.pod({ networks: 'wide' }), await bed.pod({ networks: 'blue,flat' })];
    succeeded(await bed.add(lost));
    for (const folder of [sandboxes(), join(bed.node.dataDir, 'attachments')])
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
    succeeded(await bed.add(living));
    const valid = [{ containerID: living.containerId, ifname: 'eth0' }];
    succeeded(await bed.ask('GC', { 'cni.dev/valid-attachments': valid }));
    const { ports, held } = await bed.remains();
    expect(ports).toHaveLength(1);
    expect(held.map((one) => one.split('/')[0])).toStrictEqual(['wide']);
    succeeded(await bed.call('CHECK', living));
  });

  it('in STATUS: what only networks of Pods need, Open vSwitch, is not asked for', async () => {
    const nodeFile = join(bed.node.dir, 'without-ovs.json');
    const content = parseJson(readFileSync(bed.node.nodeFile, 'utf8'));
    writeFileSync(nodeFile, JSON.stringify({ ...(isObject(content) && content), ovsdb: 'unix:/nowhere' }));
    const config = { cniVersion: '1.1.0', name: 'pod-network', type: ours, networkType: 'secondary' };
    succeeded(await bed.runtime.call('STATUS', { config, env: { ANTREA_NODE_CONFIG: nodeFile } }));
  });

  function sandboxes(): string {
    return join(bed.node.dataDir, 'sandboxes');
  }

  /** What may have been created late is looked for a minute later. */
  async function settled(): Promise<Remains> {
    return { ...(await bed.remains()), unsettled: [] };
  }

  async function killed(pod: ClusterPod, milliseconds: number): Promise<void> {
    const { argv, input, env } = await bed.invocation(pod);
    const [file = '', ...args] = argv;
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(input);
    const ended = once(child, 'exit');
    setTimeout(() => child.kill('SIGKILL'), milliseconds);
    await ended;
  }
});

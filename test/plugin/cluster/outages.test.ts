import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeNode } from '../../cluster/objects.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import type { JsonObject } from '../../fixture/json.ts';
import { resultOf, succeeded, type Outcome } from '../../fixture/outcome.ts';
import { createRuntime, type Attachment, type Runtime } from '../../fixture/runtime.ts';
import { until } from '../../fixture/until.ts';
import { pluginCredentials } from '../../ipam/kubernetes/cluster/cluster-store.ts';
import { refusal } from '../../system/bed.ts';
import { nodeName, startClusterBed, type ClusterBed } from './bed.ts';
import { network, six, wide } from './networks.ts';
import { interfaceOf } from './pod.ts';
import { noTraces } from './traces.ts';

const tools = await findClusterTools();
const config = network('wide', 'six');

describe.skipIf(tools.dir === undefined)('the executable', () => {
  let bed: ClusterBed;
  beforeAll(async () => {
    bed = await startClusterBed();
    await bed.applyPools({ ...six, vlan: 0 }, wide);
  });
  afterAll(() => bed?.stop());
  const wished: Attachment[] = [];
  afterEach(async () => {
    bed.cluster.apiserver.resume();
    await bed.restart();
    for (const wanted of wished.splice(0)) await bed.runtime.del(wanted);
  });

  async function wish(): Promise<Attachment> {
    const wanted = interfaceOf(await bed.pod(), config);
    wished.push(wanted);
    return wanted;
  }

  const noAnswer = /^11: .*the API server https:\S+ did not answer \(connect ECONNREFUSED .*: try again later$/u;

  it('says to try again while the API server is away; what DEL could not free, a later DEL does', async () => {
    const [there, late] = [await wish(), await wish()];
    const prevResult = resultOf(await bed.runtime.add(there));
    const held = await bed.held();
    await bed.killServer();
    expect(refusal(await bed.runtime.add(late))).toMatch(noAnswer);
    expect(refusal(await bed.runtime.check({ ...there, prevResult }))).toMatch(noAnswer);
    const status = await bed.runtime.call('STATUS', { config });
    expect(refusal(status)).toMatch(/^50: the API server .* did not answer/u);
    expect(status.durationMs).toBeLessThan(30_000);
    for (let times = 0; times < 2; times++) expect(refusal(await bed.runtime.del(there))).toMatch(noAnswer);
    expect(await bed.node.ovs.ports(bed.node.bridge)).toStrictEqual([]);
    await bed.restart();
    expect(await bed.traces()).toMatchObject({ links: [], journal: [{}], held });
    succeeded(await bed.runtime.del(there));
    expect(await bed.traces()).toStrictEqual(noTraces);
    succeeded(await bed.runtime.add(late));
    succeeded(await bed.runtime.del(late));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('waits for an API server that hangs for a while', async () => {
    const wanted = await wish();
    bed.cluster.apiserver.pause();
    const adding = bed.runtime.add(wanted);
    setTimeout(bed.cluster.apiserver.resume, 1000);
    succeeded(await adding);
    succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('is served by an API server that was started just before', async () => {
    const wanted = await wish();
    const credentials = await pluginCredentials(bed.cluster, nodeName);
    const kubeconfig = bed.cluster.kubeconfig(credentials, { server: bed.server });
    const patient = runtimeWith(bed, { kubeconfig, timeoutSeconds: 30 });
    await bed.cluster.kill();
    bed.cluster.apiserver.start();
    await served(() => patient.add(wanted));
    await bed.cluster.kill();
    bed.cluster.apiserver.start();
    await served(() => patient.del(wanted));
    await bed.restart();
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('that is killed when it holds an address leaves nothing after DEL', async () => {
    const wanted = await wish();
    const { argv, input, env } = bed.runtime.invocation('ADD', wanted);
    const [file = '', ...args] = argv;
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(input);
    const ended = once(child, 'exit');
    await until(async () => (await bed.held()).length > 0, { what: 'an address that is held', everyMs: 1 });
    child.kill('SIGKILL');
    await ended;
    succeeded(await bed.runtime.del(wanted));
    // That it may come late is remembered for a minute.
    rmSync(`${bed.node.dataDir}/unsettled`, { recursive: true, force: true });
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it.each([
    { token: 'that is bound to another Node', code: 101, says: 'only allocations whose owner.pod.node is node-2' },
    { token: 'that is not valid', code: 11, says: 'Unauthorized' },
  ])('with a token $token is told so, and takes nothing', async ({ token, code, says }) => {
    const wanted = await wish();
    await makeNode(bed.cluster.admin, 'node-2').catch(() => undefined);
    const credentials = token.includes('Node') ? await pluginCredentials(bed.cluster, 'node-2') : { token: 'none' };
    const kubeconfig = bed.cluster.kubeconfig(credentials, { server: bed.server });
    const answer = refusal(await runtimeWith(bed, { kubeconfig, timeoutSeconds: code === 11 ? 6 : 60 }).add(wanted));
    expect(answer).toMatch(new RegExp(`^${code}: .*${says}`, 'u'));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

/** As a runtime does it: an API server may take longer to start than a call waits for it. */
async function served(call: () => Promise<Outcome>): Promise<void> {
  const isServed = async (): Promise<boolean> => {
    const outcome = await call();
    // On a busy machine, it may know of no rights for longer than a call asks again.
    if (outcome.code !== 0) expect(refusal(outcome)).toMatch(/^11: .*try again later$|: 403: .* cannot \w+ resource /u);
    return outcome.code === 0;
  };
  await until(isServed, { what: 'a call that is served' });
}

/** The same Node with other keys of the Node file. */
function runtimeWith({ node }: ClusterBed, keys: JsonObject): Runtime {
  const path = join(node.dir, 'other-node.json');
  const { bridge, dataDir, ovs } = node;
  writeFileSync(path, JSON.stringify({ bridge, dataDir, ovsdb: ovs.socket, nodeName, ...keys }));
  return createRuntime({ node, env: { ANTREA_NODE_CONFIG: path } });
}

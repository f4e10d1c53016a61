import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findClusterTools } from '../../../cluster/tools.ts';
import { isObject, parseJson, textAt, type JsonObject } from '../../../fixture/json.ts';
import { errorOf, succeeded } from '../../../fixture/outcome.ts';
import { createResources } from '../../../fixture/resources.ts';
import { until } from '../../../fixture/until.ts';
import { startAgentProcess, type AgentProcess } from '../../../ipam/by-agent/cluster/processes.ts';
import { startScriptedAgent, type Script } from '../../../agent-protocol/scripted-agent.ts';
import { nodeName } from '../../cluster/bed.ts';
import type { ClusterPod } from '../../cluster/pod.ts';
import { nothing, startNativeBed, type NativeBed } from './bed.ts';
import { prepareNetworks } from './networks.ts';

const tools = await findClusterTools();
const statusKey = 'k8s.v1.cni.cncf.io/network-status';

describe.skipIf(tools.dir === undefined)('a Pod without Multus, where the agent lives', () => {
  const resources = createResources();
  let bed: NativeBed;
  let agent: AgentProcess;
  beforeAll(async () => {
    bed = await resources.use(startNativeBed({ timeoutSeconds: 20 }));
    await prepareNetworks(bed);
    agent = await resources.use(
      startAgentProcess(bed.cluster, nodeName, {
        netns: bed.node.netns,
        nodeFile: bed.node.env['ANTREA_NODE_CONFIG'],
      }),
    );
  });
  afterEach(() => bed.reset());
  afterAll(resources.release);

  const logFile = (): string => join(bed.node.dir, 'plugin.log');
  const logged = (): string => readFileSync(logFile(), 'utf8');

  /** Lets the plugin know that agent, and no other. */
  function follow(socket: string): void {
    const path = bed.node.env['ANTREA_NODE_CONFIG'] ?? '';
    const content = parseJson(readFileSync(path, 'utf8'));
    const keys = { agentSocket: socket, logFile: logFile() };
    writeFileSync(path, JSON.stringify({ ...(isObject(content) ? content : {}), ...keys }));
    writeFileSync(logFile(), '');
  }

  async function followScript(script: Script): Promise<readonly JsonObject[]> {
    const scripted = await startScriptedAgent(script);
    resources.defer(scripted.stop);
    follow(scripted.path);
    return scripted.seen;
  }

  const eventsOf = async ({ uid }: ClusterPod): Promise<readonly JsonObject[]> =>
    bed.cluster.admin.list(`/api/v1/namespaces/shop/events?fieldSelector=involvedObject.uid%3D${uid}`);

  it('has its networks by the agent’s connections, in the plugin’s name; addresses are the agent’s own', async () => {
    follow(agent.socket);
    const pod = await bed.pod({ networks: 'blue,green,bare' });
    const before = bed.cluster.audit().length;
    succeeded(await bed.add(pod));
    expect(logged()).not.toContain('the agent does not answer');
    expect(programsOf(agent.daemon.pid() ?? 0), 'what makes the pairs').toContain('ip');
    expect(await bed.annotation(pod, statusKey)).toHaveLength(4);
    const events = await until(async () => [await eventsOf(pod)].find(({ length }) => length > 0), {
      what: 'the Event',
    });
    expect(events).toMatchObject([{ reason: 'AttachedNetworks', count: 1, source: { host: nodeName } }]);
    const wanted = [
      'agent create ipallocations',
      'plugin create events',
      'plugin get network-attachment-definitions',
      'plugin get pods',
      'plugin patch pods/status',
    ];
    await until(() => wanted.every((one) => asked(before).has(one)), { what: 'all of it in the audit log' });
    expect([...asked(before)].filter((one) => one.startsWith('plugin')).toSorted()).toStrictEqual(wanted.slice(1));
    succeeded(await bed.del(pod));
    expect(await bed.remains()).toStrictEqual(nothing);
  });

  /** Who has asked for what since; what keeps connections, aside. */
  function asked(before: number): ReadonlySet<string> {
    const prefix = 'system:serviceaccount:antrea-cni:';
    const since = bed.cluster.audit().slice(before);
    const events = since.filter(({ user, resource }) => user.startsWith(prefix) && resource !== '');
    return new Set(events.map(({ user, verb, resource }) => `${user.slice(prefix.length)} ${verb} ${resource}`));
  }

  it('that fails says so in an Event, which the agent counts when it happens again', async () => {
    follow(agent.socket);
    const pod = await bed.pod({ networks: 'bare,broken' });
    for (const _ of ['first', 'second']) expect(errorOf(await bed.add(pod)).msg).toContain('broken');
    const counted = async (): Promise<boolean> => (await eventsOf(pod)).some(({ count }) => count === 2);
    await until(counted, { what: 'an Event that happened twice' });
    expect(await bed.remains()).toStrictEqual(nothing);
  });

  it('starts all the same while the agent is killed, and nothing is lost or there twice', async () => {
    follow(agent.socket);
    const pods = await Promise.all(Array.from({ length: 4 }, () => bed.pod({ networks: 'wide,wide' })));
    const adding = Promise.all(pods.map((pod) => bed.add(pod)));
    await until(async () => (await bed.held()).length > 0, { what: 'the first address', everyMs: 2 });
    await agent.daemon.kill();
    for (const outcome of await adding) succeeded(outcome);
    expect(new Set(await bed.held()).size).toBe(8);
    for (const pod of pods) expect(await bed.annotation(pod, statusKey)).toHaveLength(3);
    for (const pod of pods) succeeded(await bed.del(pod));
    expect(await bed.remains()).toStrictEqual(nothing);
    agent.daemon.start();
    await agent.ready();
  });

  it('has its networks without an agent that does not know of such requests', async () => {
    const expected = 'expected hello, pool, next, create, get or release';
    const seen = await followScript(async ({ op }) => ({
      error: { kind: 'config', message: `op is ${JSON.stringify(op)}: ${expected}`, leftover: false },
    }));
    const pod = await bed.pod({ networks: 'blue' });
    succeeded(await bed.add(pod));
    expect(logged()).toContain(expected);
    expect(await bed.annotation(pod, statusKey)).toHaveLength(2);
    expect(await eventsOf(pod)).toHaveLength(1);
    // The agent is not asked for the next one again.
    expect(seen.filter(({ op }) => op === 'request')).toHaveLength(1);
    succeeded(await bed.del(pod));
  });

  it('has its networks and one Event when the agent is gone between the request and the answer', async () => {
    const { admin } = bed.cluster;
    const seen = await followScript(async ({ op, method, path, body }) => {
      // It gives no addresses: then the API server is asked for them by way of it.
      if (op !== 'request') return { error: { kind: 'unavailable', message: 'not now', leftover: false } };
      if (method === 'GET') return passed(await admin.get(String(path)));
      if (method === 'POST') return passed(await admin.post(String(path), isObject(body) ? body : {}));
      await admin.patch(String(path), isObject(body) ? body : {});
      return undefined;
    });
    const pod = await bed.pod({ networks: 'bare' });
    succeeded(await bed.add(pod));
    expect(seen.filter(({ op }) => op === 'request').map((one) => textAt(one, 'method'))).toStrictEqual([
      'GET',
      'GET',
      'PATCH',
    ]);
    expect(await bed.annotation(pod, statusKey)).toHaveLength(2);
    expect(await eventsOf(pod)).toMatchObject([{ count: 1 }]);
    succeeded(await bed.del(pod));
    expect(await bed.remains()).toStrictEqual(nothing);
  });
});

function passed({ status, text }: { readonly status: number; readonly text: string }): JsonObject {
  return { status, text };
}

/** Names of a process's children. */
function programsOf(pid: number): readonly string[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.map((child) => readFileSync(`/proc/${child}/comm`, 'utf8').trim());
}

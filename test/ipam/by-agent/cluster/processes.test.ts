import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesPools } from '../../../../src/ipam/kubernetes/pools.ts';
import type { Cluster } from '../../../cluster/cluster.ts';
import { startDeployedCluster } from '../../../cluster/deployed.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { ipsOf, type Outcome } from '../../../fixture/outcome.ts';
import { createResources } from '../../../fixture/resources.ts';
import { antreaExecutable, makeContainerId } from '../../../fixture/runtime.ts';
import { until } from '../../../fixture/until.ts';
import { allocations, connections, empty } from '../../kubernetes/cluster/cluster-store.ts';
import { manifest } from '../../sample.ts';
import { addPluginNode, startAgentProcess, type AgentProcess, type PluginNode } from './processes.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined || !existsSync(antreaExecutable()))(
  'with an agent, processes of the plugin',
  () => {
    const resources = createResources();
    let cluster: Cluster;
    let agent: AgentProcess;
    let plugin: PluginNode;
    beforeAll(async () => {
      cluster = await resources.use(startDeployedCluster());
      agent = await resources.use(startAgentProcess(cluster, 'node-1'));
      plugin = await resources.use(addPluginNode(cluster, { node: 'node-1', socket: agent.socket, pools: ['a'] }));
      const { connect, close } = connections(cluster);
      const pool = manifest({ name: 'a', ranges: ['10.1.0.0/24'], gateway: '10.1.0.1' });
      await createKubernetesPools(connect({ token: cluster.adminToken })).applyPool(pool, { force: false });
      close();
    });
    afterEach(async () => {
      await cluster.admin.remove(allocations);
    });
    afterAll(async () => {
      if (tools.dir !== undefined) await empty(cluster);
      await resources.release();
    });

    const held = async (): Promise<number> => (await cluster.admin.list(allocations)).length;

    it('that start a hundred at a time get an address each by way of the agent, and give all back', async () => {
      const before = (await creates()).length;
      const names = Array.from({ length: 100 }, makeContainerId);
      const added = await Promise.all(names.map(plugin.add));
      expect(new Set(added.flatMap(ipsOf)).size).toBe(100);
      const deleted = await Promise.all(names.map(plugin.del));
      expect(deleted.filter(({ code }) => code !== 0)).toStrictEqual([]);
      expect(await held()).toBe(0);
      // On a machine that is busy beyond measure, the agent may have been too slow for some.
      const own = (await creates()).slice(before);
      expect(own.filter((user) => user.endsWith(':agent')).length).toBeGreaterThan(50);
    }, 600_000);

    it('lose nothing, and have nothing twice, when the agent is killed in their midst', async () => {
      const names = Array.from({ length: 40 }, makeContainerId);
      const adding = Promise.all(names.map(plugin.add));
      await until(async () => (await held()) > 10, { what: 'a burst that is under way', everyMs: 2 });
      await agent.daemon.kill();
      const added = await adding;
      expect(failures(added)).toStrictEqual([]);
      expect(new Set(added.flatMap(ipsOf)).size).toBe(40);
      expect(await held()).toBe(40);
      agent.daemon.start();
      await agent.ready();
      const again = await Promise.all(names.map(plugin.add));
      expect(again.map(ipsOf)).toStrictEqual(added.map(ipsOf));
      expect([await held(), readdirSync(records())]).toStrictEqual([40, []]);
      const deleted = await Promise.all(names.map(plugin.del));
      expect([failures(deleted), await held()]).toStrictEqual([[], 0]);
    });

    it('leave nothing when they fail after the agent has begun', async () => {
      const before = (await creates()).length;
      const { code, stdout } = await plugin.addWith(makeContainerId(), { routes: [{ dst: 'nowhere' }] });
      expect([code, stdout]).toStrictEqual([1, expect.stringContaining('nowhere')]);
      expect((await creates()).slice(before)).toStrictEqual([expect.stringMatching(/:agent$/u)]);
      expect(await held()).toBe(0);
      expect(readdirSync(records())).toStrictEqual([]);
    });

    it('leave nothing when they are killed at any time, and DEL comes', async () => {
      const before = (await creates()).length;
      for (let moment = 10; moment <= 100; moment += 3) {
        const name = makeContainerId();
        await plugin.addKilled(name, moment);
        expect(await plugin.del(name), `after ${moment} ms`).toMatchObject({ code: 0 });
      }
      expect(await held()).toBe(0);
      expect(readdirSync(records())).toStrictEqual([]);
      expect((await creates()).length).toBeGreaterThan(before);
    });

    it('do not wait long for an agent that hangs, and what it does too late is not done', async () => {
      const name = makeContainerId();
      agent.daemon.pause();
      try {
        expect(ipsOf(await plugin.add(name))).toHaveLength(1);
        expect(plugin.log()).toContain('the agent does not answer');
        await plugin.del(name);
      } finally {
        agent.daemon.resume();
      }
      await agent.ready();
      expect(await held()).toBe(0);
    });

    it('go their own way while AntreaIPAM is off, and do not know of an agent that listens elsewhere', async () => {
      const elsewhere = `${agent.socket}.2`;
      agent.configure({ agentSocket: elsewhere });
      await until(() => existsSync(elsewhere) && !existsSync(agent.socket), { what: 'another socket' });
      agent.configure({ featureGates: {} });
      await until(() => !existsSync(elsewhere), { what: 'no socket' });
      const name = makeContainerId();
      expect(ipsOf(await plugin.add(name))).toHaveLength(1);
      expect((await creates()).at(-1)).toMatch(/:plugin$/u);
      await plugin.del(name);
      agent.configure({});
      await agent.ready();
    });

    const records = (): string => join(dirname(agent.socket), 'begun');

    /** Who has created an address. */
    async function creates(): Promise<readonly string[]> {
      const events = (await cluster.audited()).filter(
        ({ verb, resource }) => verb === 'create' && resource === 'ipallocations',
      );
      return events.map(({ user }) => user);
    }
  },
);

function failures(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.filter(({ code }) => code !== 0).map(({ stdout }) => stdout);
}

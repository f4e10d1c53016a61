import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { allocate } from '../../../../src/ipam/allocator.ts';
import { formatAddress } from '../../../../src/ipam/address.ts';
import type { Cluster } from '../../../cluster/cluster.ts';
import { startDeployedCluster } from '../../../cluster/deployed.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { createResources } from '../../../fixture/resources.ts';
import { manifest, owner } from '../../sample.ts';
import { describeStore } from '../../store-conformance.ts';
import { openAgentStore, startSocketAgent, type AgentStore, type SocketAgent } from './agent-store.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('by way of the agent', () => {
  const resources = createResources();
  let cluster: Cluster;
  let agent: SocketAgent;
  beforeAll(async () => {
    cluster = await resources.use(startDeployedCluster());
    agent = await resources.use(startSocketAgent(cluster, 'node-1'));
  });
  afterAll(resources.release);

  describeStore('the store of a cluster', () => openAgentStore(cluster, agent));

  describe('in the audit log of the API server', () => {
    let opened: AgentStore;
    afterEach(() => opened.close());

    it('an ADD is one create, a release one delete, and both are the agent’s', async () => {
      opened = await openAgentStore(cluster, agent);
      await opened.admin.applyPool(manifest({ name: 'a', ranges: ['192.168.0.0/24'] }), { force: false });
      const before = (await requests(cluster)).length;
      const { created } = await allocate(request(opened, 'c'));
      for (const one of created) await opened.store.release(one);
      expect((await requests(cluster)).slice(before)).toStrictEqual([
        'agent create ipallocations',
        'agent delete ipallocations',
      ]);
    });

    it('a hundred at once are a hundred creates, of which none meets another', async () => {
      opened = await openAgentStore(cluster, agent);
      await opened.admin.applyPool(manifest({ name: 'a', ranges: ['192.168.0.0/24'] }), { force: false });
      const before = (await requests(cluster)).length;
      const stores = Array.from({ length: 100 }, () => opened.reopen());
      const given = await Promise.all(
        stores.map(async (store, index) => {
          const { ips } = await allocate(request({ store }, `c${index}`));
          return ips.map(({ address }) => formatAddress(address)).join();
        }),
      );
      expect(new Set(given).size).toBe(100);
      expect((await requests(cluster)).slice(before)).toStrictEqual(given.map(() => 'agent create ipallocations'));
    });
  });
});

function request({ store }: Pick<AgentStore, 'store'>, containerID: string): Parameters<typeof allocate>[0] {
  return { store, owner: owner(containerID), pools: ['a'], addresses: [], requested: [], known: [] };
}

/** What agent and plugin have asked for; watches aside, and what keeps a connection. */
async function requests(cluster: Cluster): Promise<string[]> {
  const prefix = 'system:serviceaccount:antrea-cni:';
  return (await cluster.audited())
    .filter(({ user, verb, resource }) => user.startsWith(prefix) && verb !== 'watch' && resource !== '')
    .map(({ user, verb, resource }) => `${user.slice(prefix.length)} ${verb} ${resource}`);
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desiredBridge } from '../../../src/agent/bridge/desired.ts';
import { followCluster, type FollowClusterOptions } from '../../../src/agent/cluster.ts';
import { parseAgentFile } from '../../../src/agent/config/file.ts';
import { nodeConfigsPath } from '../../../src/agent/node-configs.ts';
import { readKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { files } from '../../../src/system/files.ts';
import type { JsonObject } from '../../../src/config/json.ts';
import { accepted } from '../../cluster/api.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { startDeployedCluster } from '../../cluster/deployed.ts';
import { makeNode, makeRoleToken } from '../../cluster/objects.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { until } from '../../fixture/until.ts';

const tools = await findClusterTools();
const nodePath = '/api/v1/nodes/node-1';

function nodeConfig(name: string, bridge: JsonObject, nodeSelector: JsonObject = {}): JsonObject {
  const spec = { nodeSelector, secondaryNetwork: { ovsBridges: [bridge] } };
  return { apiVersion: 'crd.antrea.io/v1alpha1', kind: 'AntreaNodeConfig', metadata: { name }, spec };
}

const noNode = { matchLabels: { no: 'one' } };

function uplinkOf(vlan: string): JsonObject {
  return { bridgeName: 'br1', physicalInterfaces: [{ name: 'eth1', allowedVLANs: [vlan] }] };
}

describe.skipIf(tools.dir === undefined)('an AntreaNodeConfig', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startDeployedCluster();
    await makeNode(cluster.admin, 'node-1');
  });
  afterAll(() => cluster.stop());

  it.each<readonly [string, JsonObject]>([
    ['bridgeName in body should match', { bridgeName: 'a b' }],
    ['bridgeName', { physicalInterfaces: [] }],
    ['Duplicate value', { bridgeName: 'br1', physicalInterfaces: [{ name: 'eth1' }, { name: 'eth1' }] }],
    ['expected a VLAN, 0-4094', uplinkOf('300-200')],
    ['expected a VLAN, 0-4094', uplinkOf('4095')],
    ['expected a VLAN, 0-4094', uplinkOf('1-4095')],
  ])('is refused with %j when it has %j', async (message, bridge) => {
    const answer = await cluster.admin.post(nodeConfigsPath, nodeConfig('bad', bridge));
    expect(answer.status).toBe(422);
    expect(answer.message).toContain(message);
  });

  it.each<readonly [string, JsonObject]>([
    ['expected values with the operators In and NotIn', { key: 'zone', operator: 'In' }],
    ['and none with the others', { key: 'zone', operator: 'Exists', values: ['a'] }],
  ])('is refused with %j where no agent could read whom it selects', async (message, expression) => {
    const selector = { matchExpressions: [expression] };
    const answer = await cluster.admin.post(nodeConfigsPath, nodeConfig('bad', { bridgeName: 'br1' }, selector));
    expect(answer.status).toBe(422);
    expect(answer.message).toContain(message);
  });

  it('keeps the name of its bridge', async () => {
    accepted(await cluster.admin.post(nodeConfigsPath, nodeConfig('fixed', { bridgeName: 'br1' }, noNode)));
    const patch = { spec: { secondaryNetwork: { ovsBridges: [{ bridgeName: 'br2' }] } } };
    const answer = await cluster.admin.patch(`${nodeConfigsPath}/fixed`, patch);
    expect(answer.message).toContain('bridgeName is immutable');
  });

  /** With the rights of the agent's role. */
  async function follow(
    options: Pick<FollowClusterOptions, 'interval' | 'wantsNodeConfigs'>,
  ): Promise<ReturnType<typeof followCluster> & { readonly end: () => void }> {
    const ending = new AbortController();
    const token = await makeRoleToken(cluster.admin, 'agent', 'node-1');
    const access = readKubeconfig(files, cluster.kubeconfig({ token }, { server: cluster.server }));
    const metrics = { watchRestarted: () => {} };
    const view = followCluster({
      access,
      nodeName: 'node-1',
      metrics,
      log: () => {},
      signal: ending.signal,
      ...options,
    });
    const end = (): void => {
      ending.abort();
      view.client.close();
    };
    return { ...view, end };
  }

  it('is known to the agent as soon as it is there, while objects of the kind are wanted', async () => {
    let isWanted = false;
    const eager = await follow({ interval: 3_600_000, wantsNodeConfigs: () => true });
    const view = await follow({ interval: 50, wantsNodeConfigs: () => isWanted });
    const knows = ({ nodeConfigs }: typeof view): boolean => JSON.stringify(nodeConfigs.get() ?? []).includes('sudden');
    try {
      await until(() => eager.nodeConfigs.get() !== undefined, { what: 'the first list' });
      accepted(await cluster.admin.post(nodeConfigsPath, nodeConfig('sudden', { bridgeName: 'br1' }, noNode)));
      await until(() => knows(eager), { what: 'the object' });
      expect(view.nodeConfigs.get()).toBeUndefined();
      isWanted = true;
      await until(() => knows(view), { what: 'the object, later' });
      accepted(await cluster.admin.remove(`${nodeConfigsPath}/sudden`));
      await until(() => !knows(eager) && !knows(view), { what: 'its end' });
    } finally {
      eager.end();
      view.end();
    }
  });

  it('is followed by the agent, with the rights of its role: it comes, its Node gets another label, it goes', async () => {
    const settings = parseAgentFile('featureGates: {AntreaIPAM: true, SecondaryNetwork: true}', 'a');
    const view = await follow({ interval: 50, wantsNodeConfigs: () => true });
    const wanted = (): string | undefined => {
      const desired = desiredBridge(settings, view);
      return desired.kind === 'known' ? (desired.bridge?.name ?? 'none') : undefined;
    };
    const becomes = (name: string): Promise<unknown> => until(() => wanted() === name, { what: `bridge ${name}` });
    try {
      await becomes('none');
      const bridge = { bridgeName: 'br-1', physicalInterfaces: [{ name: 'eth1', allowedVLANs: ['0', '100-200'] }] };
      accepted(await cluster.admin.post(nodeConfigsPath, nodeConfig('one', bridge, { matchLabels: { zone: 'a' } })));
      accepted(await cluster.admin.patch(nodePath, { metadata: { labels: { zone: 'a' } } }));
      await becomes('br-1');
      accepted(await cluster.admin.patch(nodePath, { metadata: { labels: { zone: 'b' } } }));
      await becomes('none');
      accepted(await cluster.admin.patch(nodePath, { metadata: { labels: { zone: 'a' } } }));
      await becomes('br-1');
      accepted(await cluster.admin.remove(`${nodeConfigsPath}/one`));
      await becomes('none');
    } finally {
      view.end();
    }
  });
});

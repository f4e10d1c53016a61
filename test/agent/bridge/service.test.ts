import { afterEach, expect, it } from 'vitest';
import { Registry } from 'prom-client';
import { startBridge } from '../../../src/agent/bridge/service.ts';
import type { BridgeState } from '../../../src/agent/bridge/state.ts';
import type { Cluster, NodeView } from '../../../src/agent/cluster.ts';
import { parseAgentFile } from '../../../src/agent/config/file.ts';
import { createFollowed } from '../../../src/agent/followed.ts';
import { createMetrics } from '../../../src/agent/metrics.ts';
import type { JsonObject } from '../../../src/config/json.ts';
import { createClient } from '../../../src/kube/client.ts';
import { files } from '../../../src/system/files.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';

const resources = createResources();
afterEach(resources.release);

const server = { secure: false, host: '127.0.0.1', port: 1, base: '' };
const access = { server, ca: undefined, servername: undefined, clientCertificate: undefined, token: () => undefined };

/** A cluster that has these AntreaNodeConfig objects. */
function clusterWith(objects: readonly JsonObject[]): Cluster {
  const node: NodeView = { uid: 'u', labels: {}, internalIPs: [] };
  return {
    access,
    client: createClient({ access, deadline: { remaining: () => 1 } }),
    nodeName: 'node-1',
    node: createFollowed<NodeView | undefined>(node),
    nodeConfigs: { ...createFollowed<readonly JsonObject[] | undefined>(objects), problem: () => undefined },
  };
}

it('what is wrong with an AntreaNodeConfig is told once, however often the bridge is looked at', async () => {
  const { path } = await resources.use(makeTempDir('bridge'));
  const gates = 'featureGates: {AntreaIPAM: true, SecondaryNetwork: true}';
  const settings = createFollowed(parseAgentFile(`{${gates}, ovsdb: "unix:${path}/none", dataDir: ${path}}`, 'a'));
  const warnings: string[] = [];
  const registry = new Registry();
  let [rounds, change] = [0, (): void => {}];
  const metrics = { ...createMetrics(registry), reconciled: () => void rounds++ };
  const bridge = startBridge(
    {
      settings: { ...settings, complaint: () => undefined },
      nodeName: 'node-1',
      cluster: clusterWith([{ metadata: { name: 'broken' }, spec: { nodeSelector: 'none' } }]),
      ovs: {
        onChange: (listener) => {
          change = listener;
          return () => {};
        },
      },
      metrics,
      registry,
      files,
      log: (level, message) => void (level === 'warn' && warnings.push(message)),
    },
    createFollowed<BridgeState>({ phase: 'none' }),
  );
  resources.defer(bridge.stop);
  const afterRound = async (count: number): Promise<void> => {
    await until(() => rounds >= count, { what: `${count} rounds` });
    change();
  };
  for (const count of [1, 2, 3]) await afterRound(count);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('AntreaNodeConfig broken: ');
});

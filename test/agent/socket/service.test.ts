import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Registry } from 'prom-client';
import type { BridgeState } from '../../../src/agent/bridge/state.ts';
import type { NodeView } from '../../../src/agent/cluster.ts';
import { parseAgentFile } from '../../../src/agent/config/file.ts';
import type { AgentSettings } from '../../../src/agent/config/settings.ts';
import { createFollowed } from '../../../src/agent/followed.ts';
import { createMetrics } from '../../../src/agent/metrics.ts';
import { addresses } from '../../../src/agent/socket/service.ts';
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

function settingsWith(agentSocket: string): AgentSettings {
  return parseAgentFile(JSON.stringify({ featureGates: { AntreaIPAM: true }, agentSocket }), 'a');
}

it('the socket follows the configuration also after one could not be closed as it should', async () => {
  const { path } = await resources.use(makeTempDir('socket'));
  const socket = (folder: string): string => join(path, folder, 'agent.sock');
  const settings = createFollowed(settingsWith(socket('a')));
  const [registry, said]: [Registry, string[]] = [new Registry(), []];
  const { stop } = await addresses.start({
    settings: { ...settings, complaint: () => undefined },
    nodeName: 'node-1',
    cluster: {
      access,
      client: createClient({ access, deadline: { remaining: () => 1 } }),
      nodeName: 'node-1',
      node: createFollowed<NodeView | undefined>(undefined),
      nodeConfigs: { ...createFollowed<readonly JsonObject[] | undefined>([]), problem: () => undefined },
    },
    bridge: createFollowed<BridgeState>({ phase: 'none' }),
    ovs: { onChange: () => () => {} },
    metrics: createMetrics(registry),
    registry,
    files,
    log: (_level, message) => said.push(message),
  });
  resources.defer(stop);
  const isServed = async (folder: string): Promise<void> => {
    await until(() => fs.existsSync(socket(folder)), { what: `the socket in ${folder}` });
  };
  await isServed('a');
  fs.rmSync(join(path, 'a'), { recursive: true });
  fs.writeFileSync(join(path, 'a'), 'in its place');
  for (const folder of ['b', 'c']) {
    settings.set(settingsWith(socket(folder)));
    await isServed(folder);
  }
  expect(said.filter((one) => one === 'the socket was not closed as it should')).toHaveLength(1);
  expect(fs.existsSync(socket('b'))).toBe(false);
});

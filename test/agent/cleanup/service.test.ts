import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BridgeState } from '../../../src/agent/bridge/state.ts';
import { cleanup } from '../../../src/agent/cleanup/service.ts';
import { readSettings } from '../../../src/agent/config/settings.ts';
import type { RunningService } from '../../../src/agent/context.ts';
import { createFollowed } from '../../../src/agent/followed.ts';
import { createMetrics } from '../../../src/agent/metrics.ts';
import { files } from '../../../src/system/files.ts';
import { createResources } from '../../fixture/resources.ts';
import { makeTempDir } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';
import { startFakeRuntime, startOtherServer } from '../cri/fake-runtime.ts';

const resources = createResources();
let dir: string;
let said: string[];
let registry: Registry;

beforeEach(async () => {
  dir = (await resources.use(makeTempDir('cleanup'))).path;
  writeNodeFile('none');
  vi.stubEnv('ANTREA_NODE_CONFIG', join(dir, 'node.json'));
  [said, registry] = [[], new Registry()];
});
afterEach(async () => {
  await resources.release();
  vi.unstubAllEnvs();
});

/** @param socket of Open vSwitch */
function writeNodeFile(socket: string): void {
  const content = { dataDir: join(dir, 'data'), ovsdb: `unix:${dir}/${socket}`, timeoutSeconds: 1 };
  writeFileSync(join(dir, 'node.json'), JSON.stringify(content));
}

/** @param onRound called when the Node file is read */
async function start(featureGates: object, onRound = () => {}): Promise<RunningService> {
  const file = { featureGates, containerRuntimeEndpoint: `unix://${dir}/cri.sock` };
  const running = await cleanup.start({
    settings: { ...createFollowed(readSettings(file, 'file')), complaint: () => undefined },
    nodeName: 'node-1',
    cluster: undefined,
    bridge: createFollowed<BridgeState>({ phase: 'off' }),
    ovs: { onChange: () => () => {} },
    metrics: createMetrics(registry),
    registry,
    files: {
      ...files,
      read: (path) => {
        onRound();
        return files.read(path);
      },
    },
    log: (_, message, facts) => said.push(`${message} ${JSON.stringify(facts)}`),
  });
  resources.defer(running.stop);
  return running;
}

describe('clean-up, where the configuration names a container runtime', () => {
  it.each([
    ['and nothing is there', async () => {}, 'does not answer'],
    [
      'and something else listens there',
      () => startOtherServer(join(dir, 'cri.sock')),
      'is no container runtime with CRI',
    ],
  ] as const)('%s: is not ready, and the log and a metric say so', async (_, prepare, says) => {
    const server = await prepare();
    if (server !== undefined) resources.defer(server.stop);
    const running = await start({ AntreaIPAM: true });
    // What listens there may be slower than the agent is patient, at first.
    await until(() => running.notReady()?.includes(says), { what: `"${says}"` });
    expect(running.notReady()).toMatch(/^containerRuntimeEndpoint: /u);
    expect(said.filter((line) => line.includes(says))).toHaveLength(1);
    expect(await registry.metrics()).toContain('antrea_agent_cleanup_failures_total{what="runtime"}');
  });

  it('is ready when that is there, or comes later', async () => {
    const running = await start({ AntreaIPAM: true });
    await until(() => running.notReady() !== undefined, { what: 'a reason' });
    await resources.use(startFakeRuntime(join(dir, 'cri.sock')));
    await until(() => running.notReady() === undefined, { what: 'an answer' });
  });

  it('needs none while it is switched off', async () => {
    const running = await start({});
    await running.stop();
    expect(running.notReady()).toBeUndefined();
    // Nothing was looked at: Open vSwitch, which is not there either, would be in the log.
    expect(said).toEqual([]);
  });
});

it("clean-up goes by the plugin's Node file of now", async () => {
  await start({ AntreaIPAM: true });
  await until(() => said.some((line) => line.includes(`${dir}/none`)), { what: 'the old socket' });
  writeNodeFile('other');
  await until(() => said.some((line) => line.includes(`${dir}/other`)), { what: 'the new socket' });
});

it('clean-up that fails in the same way again and again says so once', async () => {
  mkdirSync(join(dir, 'data'));
  // It is to be a folder.
  writeFileSync(join(dir, 'data/locks'), '');
  let rounds = 0;
  await start({ AntreaIPAM: true }, () => (rounds += 1));
  await until(() => rounds >= 3, { what: 'three rounds' });
  expect(said.filter((line) => line.startsWith('clean-up failed'))).toHaveLength(1);
});

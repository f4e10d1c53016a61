import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../../src/agent/config/settings.ts';
import type { BridgeState } from '../../../src/agent/bridge/state.ts';
import { createFollowed } from '../../../src/agent/followed.ts';
import { startNodeFileWatch } from '../../../src/agent/install/node-file-watch.ts';
import { writeRecord } from '../../../src/agent/install/record.ts';
import { isObject, type JsonObject } from '../../fixture/json.ts';
import { createResources } from '../../fixture/resources.ts';
import { until } from '../../fixture/until.ts';
import { makeConfDir, type ConfDir } from './net-d.ts';

const current = { mode: 'native', plugin: 'antrea', confDir: '/c', nodeName: 'n', tokenLifetime: 1 } as const;
const gates = { featureGates: { AntreaIPAM: true, SecondaryNetwork: true } };

const resources = createResources();
let dir: ConfDir;
let lines: string[];
let outcomes: Set<string>;
beforeEach(() => {
  dir = makeConfDir({ 'node.json': { mtu: 9000 } });
  writeRecord(join(dir.path, 'install.json'), { executables: [], confDirs: [], before: {}, current });
  [lines, outcomes] = [[], new Set()];
});
afterEach(resources.release);

function start(bridgeName: string, state: BridgeState): ReturnType<typeof createFollowed<BridgeState>> {
  const file = { ...gates, secondaryNetwork: { ovsBridges: [{ bridgeName }] } };
  const bridge = createFollowed(state);
  const watch = startNodeFileWatch({
    settings: { ...createFollowed(readSettings(file, 'file')), complaint: () => undefined },
    bridge,
    cluster: undefined,
    nodeFile: join(dir.path, 'node.json'),
    log: (level, message) => void lines.push(`${level} ${message}`),
    observe: (outcome) => void outcomes.add(outcome),
    interval: 20,
  });
  resources.defer(watch.stop);
  return bridge;
}

function nodeFile(): JsonObject {
  const content = dir.read('node.json');
  return isObject(content) ? content : {};
}

describe('the Node file', () => {
  it('names the bridge when that is ready, and again when somebody has written it anew', async () => {
    const bridge = start('br1', { phase: 'none' });
    expect(nodeFile()).toEqual({ mtu: 9000 });
    bridge.set({ phase: 'ready', name: 'br1', uplinks: [] });
    expect(nodeFile()).toEqual({ mtu: 9000, bridge: 'br1' });
    dir.write('node.json', { mtu: 1500 });
    await until(() => 'bridge' in nodeFile(), { what: 'the bridge' });
    expect(nodeFile()).toEqual({ mtu: 1500, bridge: 'br1' });
    expect([...outcomes]).toEqual(['done']);
  });

  it('that is broken is told of once, and kept again when it is mended', async () => {
    dir.write('node.json', '{');
    start('br1', { phase: 'ready', name: 'br1', uplinks: [] });
    dir.write('node.json', '{');
    await until(() => outcomes.has('failed'), { what: 'a failure' });
    expect(lines).toEqual(['error the Node file cannot be kept']);
    dir.write('node.json', {});
    await until(() => outcomes.has('done'), { what: 'a look that works' });
    expect(nodeFile()).toEqual({ bridge: 'br1' });
    expect(lines).toEqual(['error the Node file cannot be kept', 'info the Node file is written anew']);
  });
});

import { describe, expect, it } from 'vitest';
import { desiredBridge } from '../../../src/agent/bridge/desired.ts';
import { parseAgentFile } from '../../../src/agent/config/file.ts';
import type { AgentSettings } from '../../../src/agent/config/settings.ts';
import { createFollowed } from '../../../src/agent/followed.ts';
import type { JsonObject } from '../../../src/config/json.ts';

function nodeConfig(bridgeName: string): JsonObject {
  const spec = { nodeSelector: {}, secondaryNetwork: { ovsBridges: [{ bridgeName }] } };
  return { metadata: { name: 'a', creationTimestamp: '2025' }, spec };
}

function settings(text: string): AgentSettings {
  return parseAgentFile(`featureGates: {AntreaIPAM: true, SecondaryNetwork: true}\n${text}`, 'a');
}

describe('what is wanted', () => {
  const view = { uid: 'a', labels: {}, internalIPs: [] };
  const cluster = (objects: readonly JsonObject[] | undefined) => ({
    node: createFollowed(view),
    nodeConfigs: createFollowed(objects),
  });

  it('is what the file says, whatever the cluster says', () => {
    const file = settings('secondaryNetwork: {ovsBridges: [{bridgeName: br1}]}');
    expect(desiredBridge(file, cluster(undefined))).toMatchObject({ kind: 'known', bridge: { name: 'br1' } });
  });

  it('is what an AntreaNodeConfig says, where the file says nothing', () => {
    const objects = [nodeConfig('br2')];
    expect(desiredBridge(settings(''), cluster(objects))).toMatchObject({ bridge: { name: 'br2' } });
  });

  it('is not known while the objects have not been read, or the one that counts is not as it should be', () => {
    expect(desiredBridge(settings(''), cluster(undefined)).kind).toBe('unknown');
    expect(desiredBridge(settings(''), cluster([nodeConfig('a b')])).kind).toBe('unknown');
  });

  it('is not known while the labels of this Node are not', () => {
    const unread = { ...cluster([]), node: createFollowed(undefined) };
    expect(desiredBridge(settings(''), unread)).toMatchObject({
      kind: 'unknown',
      reason: 'the labels of this Node have not been read yet',
    });
  });

  it('is nothing where there is no cluster, or its objects do not matter, and the file says nothing', () => {
    const nothing = { kind: 'known', bridge: undefined, problems: [] };
    expect(desiredBridge(settings(''), undefined)).toEqual(nothing);
    const gates = '{AntreaIPAM: true, SecondaryNetwork: true, AntreaNodeConfig: false}';
    const closed = parseAgentFile(`featureGates: ${gates}`, 'a');
    expect(desiredBridge(closed, cluster([nodeConfig('br2')]))).toEqual(nothing);
  });

  it('is nothing without objects, and nobody asks when the gate is closed', () => {
    expect(desiredBridge(settings(''), cluster([]))).toMatchObject({ kind: 'known', bridge: undefined });
    expect(desiredBridge(parseAgentFile('', 'a'), cluster(undefined))).toEqual({ kind: 'off' });
  });
});

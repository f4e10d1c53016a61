import { assert, property, shuffledSubarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseNodeConfig, type NodeConfigChoice } from '../../../src/agent/config/node-config.ts';
import type { JsonObject } from '../../../src/config/json.ts';

const node = { labels: new Map([['zone', 'a']]), primaryBridge: 'br-int' };

function nodeConfig(name: string, created: string, spec: JsonObject = {}): JsonObject {
  return { metadata: { name, creationTimestamp: created }, spec: { nodeSelector: {}, ...spec } };
}

function bridge(bridgeName: string, physicalInterfaces: readonly object[] = []): JsonObject {
  return { secondaryNetwork: { ovsBridges: [{ bridgeName, physicalInterfaces }] } };
}

function vlansOf(allowedVLANs: readonly string[]): NodeConfigChoice {
  return chooseNodeConfig([nodeConfig('a', '2025', bridge('br1', [{ name: 'eth1', allowedVLANs }]))], node);
}

describe('of several AntreaNodeConfig objects', () => {
  it.each([
    ['the oldest counts', [nodeConfig('a', '2026-02-01'), nodeConfig('b', '2026-01-01', bridge('br1'))], 'b', 'br1'],
    [
      'the first by name of equally old ones',
      [nodeConfig('b', '2026', bridge('b1')), nodeConfig('a', '2026', bridge('a1'))],
      'a',
      'a1',
    ],
    [
      'the oldest counts even without a bridge',
      [nodeConfig('a', '2025'), nodeConfig('b', '2026', bridge('br1'))],
      'a',
      undefined,
    ],
    [
      'those that select others do not count',
      [
        nodeConfig('a', '2025', { nodeSelector: { matchLabels: { zone: 'b' } } }),
        nodeConfig('b', '2026', bridge('br1')),
      ],
      'b',
      'br1',
    ],
    [
      'those whose selector cannot be read do not count',
      [nodeConfig('a', '2025', { nodeSelector: { labels: {} } }), nodeConfig('b', '2026', bridge('br1'))],
      'b',
      'br1',
    ],
    ['the name of the primary bridge counts as none', [nodeConfig('a', '2025', bridge('br-int'))], 'a', undefined],
    ['an empty name counts as none', [nodeConfig('a', '2025', bridge(''))], 'a', undefined],
    ['none is there', [], undefined, undefined],
  ])('%s', (...[, objects, name, bridgeName]) => {
    const choice = chooseNodeConfig(objects, node);
    expect([choice.name, choice.bridge?.name, choice.broken]).toEqual([name, bridgeName, undefined]);
  });

  it('their order does not matter', () => {
    const objects = ['a', 'b', 'c', 'd'].map((name, at) => nodeConfig(name, `202${at % 2}`, bridge(`br-${name}`)));
    assert(
      property(shuffledSubarray(objects, { minLength: 4 }), (shuffled) => {
        expect(chooseNodeConfig(shuffled, node).name).toBe('a');
      }),
    );
  });
});

describe('allowedVLANs', () => {
  it.each([
    [
      ['100', '200-202', '100'],
      [100, 200, 201, 202],
    ],
    [['0'], [0]],
    [[], undefined],
  ])('%j are %j', (texts, vlans) => {
    expect(vlansOf(texts).bridge?.interfaces).toEqual([{ name: 'eth1', vlans }]);
  });

  it.each([['300-200'], ['4095'], ['x']])('%s is no reason to change anything', (text) => {
    const { bridge: chosen, broken } = vlansOf([text]);
    expect(chosen).toBeUndefined();
    expect(broken).toContain('allowedVLANs');
  });
});

import { describe, expect, it } from 'vitest';
import { readNetworkConfiguration } from '../../src/multinet/nad.ts';
import { failureOf } from '../failure-of.ts';

const nad = (config?: unknown) => ({ metadata: { name: 'blue' }, spec: { config } });

describe('the configuration in a NetworkAttachmentDefinition', () => {
  it('is one plugin, which may have a name of its own', () => {
    expect(readNetworkConfiguration(nad('{"type":"antrea"}'))).toStrictEqual({
      name: 'blue',
      plugins: [{ type: 'antrea' }],
    });
    expect(readNetworkConfiguration(nad('{"name":"vlan100","type":"antrea"}'))?.name).toBe('vlan100');
  });

  it('is a list of plugins', () => {
    expect(readNetworkConfiguration(nad('{"name":"n","plugins":[{"type":"antrea"},{"type":"tuning"}]}'))).toStrictEqual(
      { name: 'n', plugins: [{ type: 'antrea' }, { type: 'tuning' }] },
    );
  });

  it.each([[{ metadata: {} }], [nad()], [nad('')]])('is a file of each Node: %j', (object) => {
    expect(readNetworkConfiguration(object)).toBeUndefined();
  });

  it.each([
    ['{', 'decode: spec.config is no JSON: '],
    ['[]', 'decode: spec.config is no JSON object'],
    [{ type: 'antrea' }, 'config: spec.config is no text'],
    ['{"plugins":[]}', 'plugins is no list of objects'],
    ['{"plugins":{}}', 'plugins is no list of objects'],
    ['{"plugins":[7]}', 'plugins is no list of objects'],
    ['{}', 'the key type is missing'],
    ['{"plugins":[{"type":"a"},{}]}', 'the key type is missing'],
  ])('%j is refused', (config, message) => {
    expect(failureOf(() => readNetworkConfiguration(nad(config)))).toContain(message);
  });
});

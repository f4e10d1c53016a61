import { array, assert, constantFrom, dictionary, oneof, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNetworkConfiguration } from '../../src/multinet/nad.ts';
import { Failure } from '../../src/system/failure.ts';
import type { JsonObject } from '../../src/system/json-object.ts';
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
    ['\uFEFF{"type":"a"}', 'decode: spec.config begins with a byte order mark: remove it'],
    ['[]', 'decode: spec.config is no JSON object'],
    [{ type: 'antrea' }, 'config: spec.config is no text'],
    ['{"plugins":[]}', 'plugins is no list of objects'],
    ['{"plugins":{}}', 'plugins is no list of objects'],
    ['{"plugins":[7]}', 'plugins is no list of objects'],
    ['{}', 'the key type is missing'],
    ['{"plugins":[{"type":"a"},{}]}', 'the key type is missing'],
    ['{"type":"a","__proto__":{}}', 'decode: spec.config has the key "__proto__"'],
    ['{"type":"a","Ipam":{"type":"b"}}', 'decode: spec.config has the key "Ipam": expected "ipam"'],
    ['{"type":"a","Name":"../../etc"}', 'has the key "Name": expected "name"'],
    ['{"plugins":[{"type":"a","PrevResult":{}}]}', 'has the key "PrevResult": expected "prevResult"'],
    ['{"plugins":[{"type":"a","argſ":{}}]}', 'has the key "argſ": expected "args"'],
    ['{"type":"a","ipam":{"type":"b","Type":"c"}}', 'has the keys "type" and "Type": expected one of them'],
    ['{"type":"a","ipam":{"type":"b","x":[{"k":1,"\u212A":2}]}}', 'has the keys "k" and "\u212A"'],
  ])('%j is refused', (config, message) => {
    expect(failureOf(() => readNetworkConfiguration(nad(config)))).toContain(message);
  });

  it('is refused when it is larger than any that somebody could have meant', () => {
    const large = JSON.stringify({ type: 'a', x: 'ä'.repeat(33_000) });
    expect(failureOf(() => readNetworkConfiguration(nad(large)))).toBe(
      'decode: spec.config is larger than 65536 bytes',
    );
  });

  it('is refused when it is nested without end, whatever JSON allows', () => {
    const deep = `{"type":"a","x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    expect(failureOf(() => readNetworkConfiguration(nad(deep)))).toBe(
      'decode: spec.config is nested deeper than 64 levels',
    );
  });

  it('may have keys of other plugins in any case', () => {
    const plugin = { type: 'a', Master: 'eth1', linkInContainer: true, DNS: {} };
    expect(readNetworkConfiguration(nad(JSON.stringify(plugin)))?.plugins).toStrictEqual([plugin]);
  });
});

describe('a plugin that reads keys as Go does', () => {
  const keys = ['type', 'Type', 'ipam', 'IPAM', 'name', 'Name', 'prevResult', 'prevreſult', 'RuntimeConfig', 'x'];
  const value = oneof(constantFrom('a', '../b'), dictionary(constantFrom('type', 'TYPE', 'x'), constantFrom('c', 'd')));

  it('finds what has been checked, and nothing else', () => {
    assert(
      property(array(tuple(constantFrom(...keys), value), { maxLength: 5 }), (entries) => {
        const text = `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${JSON.stringify(one)}`).join()}}`;
        const plugin = acceptedPlugin(text);
        if (plugin === undefined) return;
        for (const key of ['type', 'ipam', 'name', 'prevResult', 'runtimeConfig'])
          expect(asGoReads(plugin, key)).toBe(plugin[key]);
      }),
      { numRuns: 500 },
    );
  });
});

/** undefined when it is refused. */
function acceptedPlugin(text: string): JsonObject | undefined {
  try {
    return readNetworkConfiguration(nad(text))?.plugins[0];
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The last one, whatever its case. */
function asGoReads(object: object, key: string): unknown {
  return Object.entries(object).findLast(([name]) => name.toUpperCase().toLowerCase() === key.toLowerCase())?.[1];
}

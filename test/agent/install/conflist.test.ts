import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainedConflist } from '../../../src/agent/install/conflist.ts';
import { failureOf } from '../../failure-of.ts';
import { isObject, objectsIn, parseJson, type JsonObject } from '../../fixture/json.ts';

function chained(file: string, content: JsonObject, plugin = 'antrea'): JsonObject {
  const list = parseJson(chainedConflist({ file, content, plugin }));
  if (!isObject(list)) throw new Error('no object');
  return list;
}

const flannel = {
  cniVersion: '0.3.1',
  name: 'cbr0',
  plugins: [
    { type: 'flannel', delegate: { hairpinMode: true } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};
const ours = { type: 'antrea', networkType: 'secondary' };

describe('our list of plugins', () => {
  it('has the name and the plugins of the primary network, and ours after them', () => {
    expect(chained('10-flannel.conflist', flannel)).toEqual({
      ...flannel,
      plugins: [...flannel.plugins, ours],
      'antrea-cni': { version: 1, generatedFrom: '10-flannel.conflist' },
    });
  });

  it('keeps what it does not know', () => {
    const list = { ...flannel, disableCheck: true, cniVersions: ['0.3.1', '1.0.0'], 'x-vendor': { a: [1, null] } };
    expect(chained('a.conflist', list)).toMatchObject({ ...list, plugins: [...flannel.plugins, ours] });
  });

  it.each(['10-bridge.conf', '10-bridge.json'])('wraps the single plugin of %s as runtimes do', (file) => {
    const conf = { cniVersion: '1.0.0', name: 'pods', type: 'bridge', ipam: { type: 'host-local' } };
    expect(chained(file, conf)).toMatchObject({ cniVersion: '1.0.0', name: 'pods', plugins: [conf, ours] });
  });

  it('calls our plugin by the name under which it is installed', () => {
    expect(objectsIn(chained('a.conflist', flannel, 'antrea-vlan')['plugins']).at(-1)).toEqual({
      ...ours,
      type: 'antrea-vlan',
    });
  });

  it('takes a list whose newer versions are in cniVersions', () => {
    const list = { ...flannel, cniVersion: '0.2.0', cniVersions: ['0.2.0', '1.1.0'] };
    expect(chained('a.conflist', list)).toMatchObject({ cniVersion: '0.2.0' });
  });

  it.each([
    ['a.conflist', { name: 'a' }, 'config: a.conflist: plugins is no list of at least one plugin'],
    ['a.conflist', { name: 'a', plugins: [] }, 'config: a.conflist: plugins is no list of at least one plugin'],
    ['a.conflist', { name: 'a', plugins: 'x' }, 'config: a.conflist: plugins is no list of at least one plugin'],
    ['a.conflist', { name: 'a', plugins: [{ type: 'b' }, {}] }, 'config: a.conflist: plugins[1] has no type: '],
    ['a.conflist', { name: 'a', plugins: [7] }, 'config: a.conflist: plugins[0] has no type: '],
    ['a.conflist', { plugins: [{ type: 'b' }] }, 'config: a.conflist: the key name is missing'],
    ['a.conflist', { name: 7, plugins: [{ type: 'b' }] }, 'config: a.conflist: the key name is missing'],
    ['a.conf', { name: 'a' }, 'config: a.conf: the key type is missing: it names the plugin'],
    ['a.conf', { name: 'a', plugins: [{ type: 'b' }] }, 'config: a.conf has a list of plugins: runtimes expect one'],
    [
      'a.conf',
      { name: 'a', type: 'b' },
      'unsupported: a.conf: cniVersion "" knows no chain of plugins: expected "0.3.1"',
    ],
    ['a.conf', { name: 'a', type: 'b', cniVersion: '0.2.0' }, 'unsupported: a.conf: cniVersion "0.2.0" knows no chain'],
    [
      'a.conflist',
      { ...flannel, plugins: [ours] },
      'refused: a.conflist has the plugin antrea of networkType secondary',
    ],
  ])('is not made of %s with %j', (file, content, message) => {
    expect(failureOf(() => chainedConflist({ file, content, plugin: 'antrea' }))).toContain(message);
  });

  it('keeps every honest list, whatever else it holds', () => {
    const key = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__');
    const plugin = fc.dictionary(key, fc.jsonValue()).map((others) => ({ ...others, type: 'some' }));
    const list = fc.record({ others: fc.dictionary(key, fc.jsonValue()), plugins: fc.array(plugin, { minLength: 1 }) });
    fc.assert(
      fc.property(list, ({ others, plugins }) => {
        const content = { ...others, cniVersion: '1.0.0', name: 'a', plugins };
        const made = chained('a.conflist', content);
        const expected: unknown = JSON.parse(JSON.stringify({ ...content, plugins: [...plugins, ours] }));
        const { 'antrea-cni': mark, ...rest } = made;
        expect({ ...rest, ...('antrea-cni' in content && { 'antrea-cni': content['antrea-cni'] }) }).toEqual(expected);
        expect(mark).toBeDefined();
      }),
    );
  });
});

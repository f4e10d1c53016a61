import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { root } from '../../scripts/paths.ts';
import { readVlanNetwork } from '../../src/config/netconf.ts';
import { refuseUnknownPoolKeys } from '../../src/ipam/pool-change.ts';
import { readPool } from '../../src/ipam/pool.ts';
import { isObject, objectsIn, parseJson, textAt, type JsonObject } from '../fixture/json.ts';
import { textOf } from './pages.ts';

const settings = { bridge: 'br-secondary', bridges: [], mtu: 1500 };
const readme = manifestsIn('README.md');
const reference = manifestsIn('docs/configuration.md');

describe('pools in the pages', () => {
  const pools = [...readme, ...reference].filter((manifest) => manifest['kind'] === 'IPPool');

  it.each(pools)('can be applied: $metadata.name, $apiVersion', (pool) => {
    refuseUnknownPoolKeys(pool);
    expect(readPool(pool).name).toBe('vlan100-ipv4'.replace('4', String(readPool(pool).family)));
  });

  it('are those of the demo, in README.md', () => {
    const demo = documentsIn(readFileSync(join(root, 'demo/pools.yaml'), 'utf8'));
    for (const pool of readme.filter((manifest) => manifest['kind'] === 'IPPool')) expect(demo).toContainEqual(pool);
  });

  it('mean the same in both shapes, in docs/configuration.md', () => {
    const [one, other] = reference.filter((manifest) => manifest['kind'] === 'IPPool').map(readPool);
    expect(one).toEqual(other);
  });
});

describe('networks in README.md', () => {
  const configs = readme
    .filter((manifest) => manifest['kind'] === 'NetworkAttachmentDefinition')
    .map(({ spec }) => parseJson(isObject(spec) ? (textAt(spec, 'config') ?? '') : ''))
    .filter(isObject);

  it('are those of the demo', () => {
    const list = parseJson(readFileSync(join(root, 'demo/vlan100.conflist'), 'utf8'));
    const [plugin] = isObject(list) ? objectsIn(list['plugins']) : [];
    const config = configs.find(({ type }) => type === 'antrea');
    expect(config).toEqual({ cniVersion: '1.1.0', name: 'vlan100', ...plugin });
    expect(readVlanNetwork(config ?? {}, settings)).toMatchObject({ vlan: 100, mtu: 1500 });
  });

  it('show our IPAM below another plugin', () => {
    expect(configs.find(({ type }) => type === 'macvlan')).toMatchObject({ ipam: { type: 'antrea' } });
  });
});

function manifestsIn(page: string): readonly JsonObject[] {
  const blocks = [...textOf(page).matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml = '']) => yaml);
  return blocks.flatMap(documentsIn).filter((document) => 'kind' in document);
}

function documentsIn(yaml: string): readonly JsonObject[] {
  return parseAllDocuments(yaml)
    .map((document) => {
      const value: unknown = document.toJS();
      return value;
    })
    .filter(isObject);
}

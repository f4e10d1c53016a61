import { describe, expect, it } from 'vitest';
import { parseStdin, readNetworkConfig, versionOf } from '../../src/cni/network-config.ts';
import { failureOf } from '../failure-of.ts';

const conf = { cniVersion: '1.0.0', name: 'vlan100', type: 'antrea', ipam: { type: 'host-local' }, more: 1 };

describe('readNetworkConfig', () => {
  it('reads what the protocol defines, and keeps the rest as it is', () => {
    expect(readNetworkConfig('ADD', conf)).toStrictEqual({
      cniVersion: '1.0.0',
      name: 'vlan100',
      type: 'antrea',
      ipamType: 'host-local',
      prevResult: undefined,
      raw: conf,
    });
  });

  it('gives a prevResult without version that of the configuration', () => {
    const prevResult = { ip4: { ip: '10.0.0.1/8' } };
    const read = (cniVersion: string) => readNetworkConfig('ADD', { ...conf, cniVersion, prevResult }).prevResult?.ips;
    expect(read('0.2.0')).toStrictEqual([{ address: '10.0.0.1/8' }]);
    expect(read('0.3.0')).toStrictEqual([]);
  });

  it.each([
    [undefined, '0.1.0'],
    [null, '0.1.0'],
    ['', '0.1.0'],
    ['1.0.0', '1.0.0'],
  ])('cniVersion %j is %s', (cniVersion, version) => {
    expect(versionOf({ cniVersion })).toBe(version);
  });

  it.each<{ more: object; says: string }>([
    { more: { name: undefined }, says: 'config: the key name is missing: it names the network' },
    { more: { name: '' }, says: 'config: the key name is missing' },
    { more: { name: 'a/b' }, says: 'config: name "a/b" is not a network name' },
    { more: { name: 5 }, says: 'config: name 5 is not a network name' },
    { more: { name: null }, says: 'config: name null' },
    { more: { name: 'x'.repeat(254) }, says: 'config: name "xxx' },
    { more: { cniVersion: 1.0 }, says: 'decode: cniVersion 1 is not a string' },
    { more: { type: {} }, says: 'config: type is not a string' },
  ])('$more is refused, by DEL too', ({ more, says }) => {
    for (const command of ['ADD', 'DEL'] as const) {
      expect(failureOf(() => readNetworkConfig(command, { ...conf, ...more }))).toContain(says);
    }
  });

  it.each<{ more: object; says: string }>([
    { more: { ipam: 'host-local' }, says: 'config: ipam is not an object' },
    { more: { ipam: { subnet: 'x' } }, says: 'config: the key ipam.type is missing' },
    { more: { ipam: { type: 1 } }, says: 'config: ipam.type is not a string' },
    { more: { prevResult: [] }, says: 'config: prevResult' },
  ])('$more is refused, but DEL goes on without', ({ more, says }) => {
    expect(failureOf(() => readNetworkConfig('ADD', { ...conf, ...more }))).toContain(says);
    expect(readNetworkConfig('DEL', { ...conf, ...more })).toMatchObject({ name: 'vlan100', prevResult: undefined });
  });

  it.each([{ ipam: undefined }, { ipam: null }, { ipam: {} }])('%j is no IPAM', (more) => {
    expect(readNetworkConfig('ADD', { ...conf, ...more }).ipamType).toBe('');
  });

  it('names standard input when that is no JSON', () => {
    expect(failureOf(() => parseStdin(Buffer.from('{')))).toMatch(
      /^decode: the network configuration on stdin is not JSON/u,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { parseResult } from '../../src/cni/result-parse.ts';
import { resultObject } from '../../src/cni/result-print.ts';
import type { CniResult } from '../../src/cni/result.ts';
import { supportedVersions, type CniVersion } from '../../src/cni/version.ts';
import { failureOf } from '../failure-of.ts';

const emptyResult: CniResult = { interfaces: [], ips: [], routes: [], dns: {} };
const full: CniResult = {
  interfaces: [
    { name: 'av1', mac: '02:00:00:00:00:01', mtu: 1400 },
    { name: 'net1', mac: '02:00:00:00:00:02', mtu: 1400, sandbox: '/run/netns/x', socketPath: '/s', pciID: '0:1' },
  ],
  ips: [
    { interface: 1, address: '10.1.0.5/16', gateway: '10.1.0.1' },
    { interface: 1, address: '10.2.0.5/16' },
    { interface: 1, address: 'fd00::5/64', gateway: 'fd00::1' },
  ],
  routes: [
    { dst: '0.0.0.0/0', gw: '10.1.0.1', mtu: 1300, advmss: 1200, priority: 5, table: 100, scope: 0 },
    { dst: '::/0' },
  ],
  dns: { nameservers: ['10.1.0.2'], domain: 'd', search: ['s'], options: ['o'] },
};
const plainRoutes = [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }, { dst: '::/0' }];
const plainInterfaces = [
  { name: 'av1', mac: '02:00:00:00:00:01' },
  { name: 'net1', mac: '02:00:00:00:00:02', sandbox: '/run/netns/x' },
];

const byFamily = {
  ip4: { ip: '10.1.0.5/16', gateway: '10.1.0.1', routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }] },
  ip6: { ip: 'fd00::5/64', gateway: 'fd00::1', routes: [{ dst: '::/0' }] },
  dns: full.dns,
};
const withoutNewKeys = { interfaces: plainInterfaces, ips: full.ips, routes: plainRoutes, dns: full.dns };
const withFamilies = {
  ...withoutNewKeys,
  ips: full.ips.map((ip) => ({ version: ip.address.includes(':') ? '6' : '4', ...ip })),
};

/** The exact object of each version. */
const shapes: Readonly<Record<CniVersion, object>> = {
  '0.1.0': byFamily,
  '0.2.0': byFamily,
  '0.3.0': withFamilies,
  '0.3.1': withFamilies,
  '0.4.0': withFamilies,
  '1.0.0': withoutNewKeys,
  '1.1.0': full,
};

function expected(cniVersion: CniVersion): object {
  return { cniVersion, ...shapes[cniVersion] };
}

describe('a result is printed in the shape of the version', () => {
  it.each(supportedVersions)('%s', (version) => {
    expect(resultObject(full, version)).toStrictEqual(expected(version));
  });

  it.each([
    ['0.3.0', { cniVersion: '0.3.0', dns: {} }],
    ['0.4.0', { cniVersion: '0.4.0', dns: {} }],
    ['1.0.0', { cniVersion: '1.0.0' }],
    ['1.1.0', { cniVersion: '1.1.0' }],
  ] as const)('%s without anything: empty lists are left out', (version, object) => {
    expect(resultObject(emptyResult, version)).toStrictEqual(object);
  });

  it('0.2.0 has the first address of each family, and no routes of a family without one', () => {
    const [one, two] = full.ips;
    const fours = { ...full, ips: [one, two].filter((ip) => ip !== undefined) };
    expect(resultObject(fours, '0.2.0')).toStrictEqual({
      cniVersion: '0.2.0',
      ip4: { ip: '10.1.0.5/16', gateway: '10.1.0.1', routes: [{ dst: '0.0.0.0/0', gw: '10.1.0.1' }] },
      dns: full.dns,
    });
  });

  it.each(['0.1.0', '0.2.0'] as const)('%s cannot say that there is no address', (version) => {
    expect(failureOf(() => resultObject(emptyResult, version))).toMatch(/^incompatible: /u);
  });
});

describe('a result is read from any version', () => {
  it.each(['0.3.0', '0.3.1', '0.4.0', '1.0.0'] as const)('%s: what it can express comes back', (version) => {
    expect(parseResult(expected(version), '1.1.0', 'prevResult')).toStrictEqual({
      ...full,
      interfaces: plainInterfaces,
      routes: plainRoutes,
    });
  });

  it('1.1.0: all of it', () => {
    expect(parseResult(expected('1.1.0'), '0.1.0', 'prevResult')).toStrictEqual(full);
  });

  it.each(['0.1.0', '0.2.0'] as const)('%s: the families', (version) => {
    expect(parseResult(expected(version), '1.1.0', 'prevResult')).toStrictEqual({
      interfaces: [],
      ips: [
        { address: '10.1.0.5/16', gateway: '10.1.0.1' },
        { address: 'fd00::5/64', gateway: 'fd00::1' },
      ],
      routes: plainRoutes,
      dns: full.dns,
    });
  });

  it('one that names no version has that of the configuration', () => {
    const families = { ip4: { ip: '10.1.0.5/16' } };
    expect(parseResult(families, '0.2.0', 'x').ips).toStrictEqual([{ address: '10.1.0.5/16' }]);
    expect(parseResult(families, '1.0.0', 'x').ips).toStrictEqual([]);
  });

  it('null, as Go writes an empty list, is an empty one', () => {
    const nulls = { interfaces: null, ips: null, routes: null, dns: null };
    expect(parseResult(nulls, '1.0.0', 'x')).toStrictEqual(emptyResult);
    expect(parseResult({ ips: [{ address: '10.0.0.1/8', interface: null }] }, '1.0.0', 'x').ips).toStrictEqual([
      { address: '10.0.0.1/8' },
    ]);
  });

  it('unknown keys, and empty values, are left out', () => {
    const interfaces = [{ name: 'a', mac: '', sandbox: '', mtu: 0, more: 1 }];
    expect(parseResult({ interfaces, extra: true }, '1.1.0', 'x')).toStrictEqual({
      ...emptyResult,
      interfaces: [{ name: 'a' }],
    });
  });

  it.each([
    [[], 'config: prevResult: the document [] must be an object'],
    [{ ips: 'x' }, 'config: prevResult: ips "x"'],
    [{ ips: [{}] }, 'config: prevResult: the key ips[0].address is missing'],
    [{ ips: [{ address: 5 }] }, 'config: prevResult: ips[0].address 5'],
    [{ ips: [{ address: 'a', interface: 1.5 }] }, 'config: prevResult: ips[0].interface 1.5'],
    [{ interfaces: [{ mac: 'x' }] }, 'config: prevResult: the key interfaces[0].name is missing'],
    [{ routes: [{ gw: 'x' }] }, 'config: prevResult: the key routes[0].dst is missing'],
    [{ dns: [] }, 'config: prevResult: dns []'],
  ])('%j is refused', (value, says) => {
    expect(failureOf(() => parseResult(value, '1.0.0', 'prevResult'))).toContain(says);
  });
});

import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../src/cni/environment.ts';
import { readNetworkConfig } from '../../src/cni/network-config.ts';
import { formatAddress } from '../../src/ipam/address.ts';
import { readIpamSection } from '../../src/plugin/ipam-section.ts';
import { failureOf } from '../failure-of.ts';

const env = { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'c', CNI_NETNS: '/n', CNI_IFNAME: 'net1', CNI_PATH: '/p' };

function sectionOf(ipam: object, ips: readonly string[] = []) {
  const raw = {
    cniVersion: '1.0.0',
    name: 'n',
    type: 'antrea',
    ipam: { type: 'antrea', ...ipam },
    runtimeConfig: { ips },
  };
  return readIpamSection({ request: readEnvironment(env), config: readNetworkConfig('ADD', raw) });
}

function requested(ips: readonly string[], addresses: readonly string[] = []): readonly string[] {
  const ipam = { ippools: ['a'], addresses: addresses.map((address) => ({ address })) };
  return sectionOf(ipam, ips).requested.map(
    ({ address, prefixLength }) => `${formatAddress(address)}/${prefixLength ?? ''}`,
  );
}

describe('addresses that are asked for twice', () => {
  it.each([
    { ips: ['10.0.0.1', 'fd00::1', '10.0.0.1', 'fd00:0::1'], once: ['10.0.0.1/', 'fd00::1/'] },
    { ips: ['10.0.0.1', '10.0.0.1/24'], once: ['10.0.0.1/24'] },
    { ips: ['10.0.0.1/24', '10.0.0.1', '10.0.0.1/24'], once: ['10.0.0.1/24'] },
  ])('$ips count once', ({ ips, once }) => {
    expect(requested(ips)).toStrictEqual(once);
  });

  it('count not at all where the network has them as static ones', () => {
    expect(requested(['10.0.0.1', '10.0.0.2/24', '10.0.0.3'], ['10.0.0.1/24', '10.0.0.2/24'])).toStrictEqual([
      '10.0.0.3/',
    ]);
  });

  it('stay, to be refused, when they contradict each other', () => {
    expect(requested(['10.0.0.1/24', '10.0.0.1/25'])).toStrictEqual(['10.0.0.1/24', '10.0.0.1/25']);
    expect(requested(['10.0.0.1/25'], ['10.0.0.1/24'])).toStrictEqual(['10.0.0.1/25']);
  });
});

describe('a static address', () => {
  it.each([
    ['10.0.0.0/24', 'is the network address of its subnet'],
    ['10.0.0.255/24', 'is the broadcast address of its subnet'],
    ['127.0.0.5/8', 'is a loopback address'],
    ['::1/128', 'is a loopback address'],
    ['224.0.0.5/24', 'is a multicast address'],
    ['ff02::5/64', 'is a multicast address'],
    ['0.0.0.0/0', 'is the unspecified address'],
    ['::/0', 'is the unspecified address'],
  ])('%s is refused: no interface works with it', (address, says) => {
    expect(failureOf(() => sectionOf({ addresses: [{ address }] }))).toMatch(
      new RegExp(`^config: ipam\\.addresses\\[0\\]\\.address .* ${says}`, 'u'),
    );
  });

  it.each(['10.0.0.0/31', '10.0.0.1/31', '10.0.0.0/32', '10.0.0.254/24', 'fd00::/64', 'fe80::1/64', '240.0.0.1/8'])(
    '%s is taken',
    (address) => {
      expect(sectionOf({ addresses: [{ address }] }).addresses).toHaveLength(1);
    },
  );
});

describe('a key in another case', () => {
  it('is refused: it would have no effect', () => {
    expect(failureOf(() => sectionOf({ ipPools: ['a'] }))).toBe(
      'decode: ipam has the key "ipPools": expected "ippools"',
    );
  });
});

describe('a pool name that cannot be one', () => {
  it.each([
    { ippools: ['a', 'My_Pool'], says: 'config: ipam.ippools[1] is "My_Pool": expected a pool name' },
    { ippools: ['../../etc'], says: 'config: ipam.ippools[0] is "../../etc": expected a pool name' },
  ])('of $ippools is named with its place', ({ ippools, says }) => {
    expect(failureOf(() => sectionOf({ ippools }))).toContain(says);
  });
});

describe('keys of whereabouts or host-local', () => {
  it.each([
    {
      what: 'whereabouts',
      ipam: { range: '10.10.1.0/24', range_start: '10.10.1.10', exclude: ['10.10.1.50/32'], gateway: '10.10.1.1' },
      says: "range, range_start, exclude, gateway of another plugin's IPAM: expected ipam.ippools with the name of an IPPool that says it, in spec.ipRanges, spec.excludes, spec.subnetInfo.gateway",
    },
    {
      what: 'whereabouts for two families',
      ipam: { ipRanges: [{ range: '10.10.1.0/24' }] },
      says: "ipRanges of another plugin's IPAM: expected ipam.ippools with the name of an IPPool that says it, in spec.ipRanges",
    },
    {
      what: 'host-local',
      ipam: { ippools: [], ranges: [[{ subnet: '10.10.1.0/24' }]] },
      says: "ranges of another plugin's IPAM: expected ipam.ippools with the name of an IPPool that says it, in spec.ipRanges",
    },
    { what: 'nobody', ipam: {}, says: 'ipam.ippools and ipam.addresses are both empty: expected at least one pool' },
  ])('of $what, without a pool, are named with what replaces them', ({ ipam, says }) => {
    expect(failureOf(() => sectionOf(ipam))).toContain(says);
  });

  it('are told of, and not refused, next to pools', () => {
    expect(sectionOf({ ippools: ['a'], range: '10.10.1.0/24' })).toMatchObject({ ippools: ['a'], foreign: ['range'] });
    expect(sectionOf({ ippools: ['a'] }).foreign).toStrictEqual([]);
  });
});

describe('a route that is written twice', () => {
  it('is one, however its destination is written', () => {
    const routes = [{ dst: '10.9.0.0/16' }, { dst: '10.9.7.0/16', gw: '' }];
    expect(sectionOf({ ippools: ['a'], routes }).routes).toStrictEqual([{ dst: '10.9.0.0/16' }]);
  });

  it('is refused before anything is made, if the two contradict each other', () => {
    const routes = [{ dst: '10.9.0.0/16', mtu: 1400 }, { dst: '10.9.0.0/16' }];
    expect(failureOf(() => sectionOf({ ippools: ['a'], routes }))).toContain('config: ipam.routes has {');
  });
});

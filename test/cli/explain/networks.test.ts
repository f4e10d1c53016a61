import { describe, expect, it } from 'vitest';
import type { Lookup } from '../../../src/cli/explain/lookup.ts';
import { networkUse } from '../../../src/cli/explain/network.ts';
import { networkFindings } from '../../../src/cli/explain/networks.ts';
import { readPodFacts } from '../../../src/cli/explain/pod-facts.ts';
import type { PoolUse } from '../../../src/cli/explain/pool-use.ts';
import { readNodeFile, type NodeSettings } from '../../../src/config/node-file.ts';
import { readPool } from '../../../src/ipam/pool.ts';
import type { NetworkSelection } from '../../../src/multinet/annotation.ts';
import { address, manifest, owner, type SamplePool } from '../../ipam/sample.ts';

const facts = readPodFacts({
  metadata: { namespace: 'default', name: 'web-0', uid: 'u-1' },
  spec: { nodeName: 'node-1' },
  status: { phase: 'Pending' },
});
const plainSelection = { namespace: 'default', name: 'blue', ifname: undefined, ips: [], mac: undefined };
const ours = { type: 'antrea', networkType: 'vlan' };

/** A pool, and who holds its addresses: this Pod, or somebody else. */
function poolUse(pool: SamplePool, held: Readonly<Record<string, 'this Pod' | 'another'>> = {}): PoolUse {
  const object = manifest(pool);
  const name = pool.name ?? 'sample';
  const holdings = Object.entries(held).map(([text, who]) => {
    const other = owner('c9', 'net1', 'blue');
    const pod = { ...other.pod, ...(who === 'this Pod' && { namespace: 'default', name: 'web-0', uid: 'u-1' }) };
    const fixed = { pool: name, poolUID: 'p', phase: 'Allocated', version: text } as const;
    return { allocation: { ...fixed, address: address(text), owner: { ...other, pod } }, since: '' };
  });
  return { name, stored: { name, object, pool: readPool(object) }, holdings };
}

interface Asking {
  readonly node?: NodeSettings;
  /** Of the annotation. */
  readonly asks?: Partial<NetworkSelection>;
}

function linesOf(config: object, pools: readonly PoolUse[], { node, asks = {} }: Asking = {}): readonly string[] {
  const selection = { ...plainSelection, ...asks };
  const nad: Lookup = {
    kind: 'found',
    object: { metadata: { name: 'blue' }, spec: { config: JSON.stringify(config) } },
  };
  const use = networkUse(selection, nad, { ownType: 'antrea', node });
  const namespace: Lookup = { kind: 'missing', served: true };
  return networkFindings({ selection, use, pools, facts, namespace, node }).map(
    ({ state, message }) => `${state} ${message}`,
  );
}

const route = (more: object) => ({ dst: '10.0.0.0/8', ...more });
const ipam = (...ippools: readonly string[]) => ({ ipam: { type: 'antrea', ippools } });
const one = (name: string, gateway = '192.168.0.1') => ({ name, ranges: ['192.168.0.10-192.168.0.10'], gateway });
const six = { name: 'six', ranges: ['fd00::10-fd00::10'], gateway: 'fd00::1', prefixLength: 64 };

describe('a network of a Pod', () => {
  it('needs one address of each family: a full pool does not matter beside one that has served', () => {
    const pools = [
      poolUse(one('a'), { '192.168.0.10': 'another' }),
      poolUse({ ...one('b'), ranges: ['192.168.0.20-192.168.0.30'] }, { '192.168.0.20': 'this Pod' }),
    ];
    expect(linesOf({ ...ours, ...ipam('a', 'b') }, pools)).toStrictEqual([
      'warn pool a is exhausted: all 1 addresses are held; another pool of the network serves IPv4',
    ]);
  });

  it('can have what is free, though addresses are held that were excluded since', () => {
    const pool = { ...one('a'), ranges: ['192.168.0.10-192.168.0.11'], excludes: ['192.168.0.10'] };
    expect(linesOf({ ...ours, ...ipam('a') }, [poolUse(pool, { '192.168.0.10': 'another' })])[0]).toBe(
      'ok pool a has free addresses',
    );
  });

  it('lacks what a full pool of another family would have to give', () => {
    const pools = [poolUse(one('a'), { '192.168.0.10': 'this Pod' }), poolUse(six, { 'fd00::10': 'another' })];
    expect(linesOf({ ...ours, ...ipam('a', 'six') }, pools)).toStrictEqual([
      'fail pool six is exhausted: all 1 addresses are held',
    ]);
  });

  it('has all that it can have', () => {
    const pools = [poolUse(one('a'), { '192.168.0.10': 'this Pod' }), poolUse(six, { 'fd00::10': 'this Pod' })];
    expect(linesOf({ ...ours, ...ipam('a', 'six') }, pools)).toStrictEqual(['ok has an address of the pools a, six']);
  });

  it('takes no account of VLANs where they are the business of another plugin', () => {
    const pools = [poolUse({ ...one('a'), vlan: 5 }), poolUse({ ...six, vlan: 6 })];
    expect(linesOf({ ...ours, ...ipam('a', 'six') }, pools)[0]).toContain('fail ipam.ippools lists pool a of VLAN 5');
    expect(linesOf({ type: 'macvlan', ...ipam('a', 'six') }, pools)).toStrictEqual([
      'ok pool a has free addresses',
      'ok pool six has free addresses',
      'warn has no address of the pools a, six yet, and nothing here stands in the way',
    ]);
  });

  it('is held to what the Node allows, where that is known', () => {
    const text = JSON.stringify({ bridge: 'br1', allowedVLANs: ['100-199'], nodeName: 'node-1' });
    const node = readNodeFile({ read: () => Buffer.from(text) }, '/node.json');
    const pools = [poolUse({ ...one('a'), vlan: 5 })];
    expect(linesOf({ ...ours, ...ipam('a') }, pools, { node })[0]).toBe(
      'fail vlan 5 is not allowed on this Node: allowedVLANs lists 100-199',
    );
    expect(linesOf({ ...ours, bridge: 'br2', ...ipam('a') }, pools, { node })[0]).toContain(
      'fail bridge br2 is not open to networks on this Node',
    );
    expect(linesOf({ ...ours, bridge: 'br2', ...ipam('a') }, pools)[0]).toBe('ok pool a has free addresses');
  });

  it('may be a list of plugins, of which one is ours', () => {
    const list = { name: 'blue', plugins: [{ ...ours, ...ipam('a') }, { type: 'tuning' }] };
    expect(linesOf(list, [poolUse(one('a'), { '192.168.0.10': 'this Pod' })])).toStrictEqual([
      'ok has an address of pool a',
    ]);
  });

  it('may have nothing but static addresses', () => {
    const config = { ...ours, ipam: { type: 'antrea', addresses: [{ address: '10.0.0.5/24' }] } };
    expect(linesOf(config, [])).toStrictEqual(['ok has static addresses alone: these are held nowhere']);
  });

  it('may not have a static address that its pool keeps back', () => {
    const config = { ...ours, ipam: { type: 'antrea', ippools: ['a'], addresses: [{ address: '192.168.0.1/24' }] } };
    const pool = poolUse({ ...one('a'), ranges: ['192.168.0.1-192.168.0.10'] });
    expect(linesOf(config, [pool])[0]).toMatch(/^fail address 192\.168\.0\.1 of pool a is reserved: /u);
  });

  it('of another name, by which the address is held, is another one', () => {
    const config = { ...ours, name: 'green', ...ipam('a') };
    expect(linesOf(config, [poolUse(one('a'), { '192.168.0.10': 'this Pod' })])).toStrictEqual([
      'fail pool a is exhausted: all 1 addresses are held',
    ]);
  });
});

describe('a network that the plugin refuses', () => {
  const pools = [poolUse(one('a')), poolUse(six)];
  const section = (more: object, ...ippools: readonly string[]) => ({
    ...ours,
    ipam: { type: 'antrea', ippools, ...more },
  });

  it.each<[string, object, string]>([
    ['a key in another case', section({ Routes: [] }, 'a'), 'ipam has the key "Routes": expected "routes"'],
    ['ipam without a type', { ...ours, ipam: { ippools: ['a'] } }, 'the key ipam.type is missing'],
    [
      'a route to nowhere',
      section({ routes: [{ dst: '10.0.0.0/40' }] }, 'a'),
      'ipam.routes[0].dst "10.0.0.0/40" is not a',
    ],
    [
      'a next hop of the other family',
      section({ routes: [route({ gw: 'fd00::1' })] }, 'a'),
      'ipam.routes[0].gw fd00::1 is not of the family of 10.0.0.0/8',
    ],
    [
      'one route with two MTUs',
      section({ routes: [route({ mtu: 1400 }), route({ mtu: 1500 })] }, 'a'),
      'ipam.routes has',
    ],
    [
      'a route that is another one by the gateway of a pool',
      section({ routes: [route({ mtu: 1400 }), route({ gw: '192.168.0.1', mtu: 1500 })] }, 'a'),
      'ipam.routes has {"dst":"10.0.0.0/8","mtu":1400} and {"dst":"10.0.0.0/8","mtu":1500,"gw":"192.168.0.1"}',
    ],
    [
      'a subnet as its address',
      section({ addresses: [{ address: '10.0.0.0/24' }] }, 'a'),
      'ipam.addresses[0].address 10.0',
    ],
    ['one pool twice', section({}, 'a', 'a'), 'ipam.ippools lists pool a twice: expected each pool once'],
    [
      'a MAC address of many',
      { ...section({}, 'a'), mac: '01:00:5e:00:00:01' },
      'mac 01:00:5e:00:00:01 is a multicast',
    ],
    [
      'an MTU too small for IPv6',
      { ...section({}, 'six'), mtu: 1000 },
      'mtu 1000 is too small for IPv6, which needs 1280',
    ],
    ['a version of CNI to come', { ...section({}, 'a'), cniVersion: '9.0.0' }, 'cniVersion "9.0.0" is not supported'],
  ])('for %s, fails with the words of the plugin', (...[, config, message]) => {
    const named = pools.filter(({ name }) => JSON.stringify(config).includes(`"${name}"`));
    expect(linesOf(config, named)[0]).toContain(`fail ${message}`);
  });

  it.each<[string, Partial<NetworkSelection>, string]>([
    ['an address that is none', { ips: ['10.0.0'] }, 'runtimeConfig.ips "10.0.0" is not an IP address'],
    [
      'an address of no pool',
      { ips: ['10.9.9.9'] },
      'requested address 10.9.9.9 lies in no range of the listed pools (a)',
    ],
    [
      'the MAC address of nobody',
      { mac: '00:00:00:00:00:00' },
      'runtimeConfig.mac 00:00:00:00:00:00 is a null address',
    ],
  ])('for %s that the Pod asks for, fails with the words of the plugin', (...[, asks, message]) => {
    expect(linesOf(section({}, 'a'), [poolUse(one('a'))], { asks })[0]).toContain(`fail ${message}`);
  });

  it('has nothing against what only other plugins know', () => {
    const list = { name: 'blue', plugins: [section({}, 'a'), { type: 'portmap' }] };
    const asks = { portMappings: [{ hostPort: 80, containerPort: 80 }] };
    expect(linesOf(list, [poolUse(one('a'))], { asks })[0]).toBe('ok pool a has free addresses');
  });
});

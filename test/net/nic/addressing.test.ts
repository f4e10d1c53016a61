import { describe, expect, it } from 'vitest';
import { hasAddresses, readAddressing, routeOrders } from '../../../src/net/nic/addressing.ts';
import { withParts, type Nic } from '../../../src/net/nic/links.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { failureOf } from '../../failure-of.ts';

const plain: Nic = {
  index: 1,
  name: 'eth1',
  mac: '',
  mtu: 1500,
  master: '',
  lower: '',
  alternatives: [],
  addresses: [],
};

function shows(four: string, six = ''): Exec {
  return (_, args) => ({ code: 0, stdout: args.includes('-4') ? four : six, stderr: '', timedOut: false });
}

const always = { valid_life_time: 4_294_967_295, preferred_life_time: 4_294_967_295 };

describe('the addresses of an interface', () => {
  it.each([
    [{ family: 'inet', local: '10.0.0.5', prefixlen: 24, scope: 'global', label: 'eth1', ...always }, ['10.0.0.5/24']],
    [
      {
        family: 'inet',
        local: '10.0.0.5',
        prefixlen: 24,
        broadcast: '10.0.0.255',
        label: 'eth1:0',
        noprefixroute: true,
      },
      ['10.0.0.5/24 broadcast 10.0.0.255 label eth1:0 noprefixroute'],
    ],
    [{ family: 'inet', local: '10.0.0.5', address: '10.0.0.6', prefixlen: 32 }, ['10.0.0.5 peer 10.0.0.6/32']],
    [
      { family: 'inet', local: '10.0.0.5', prefixlen: 24, valid_life_time: 3600, preferred_life_time: 1800 },
      ['10.0.0.5/24 valid_lft 3600 preferred_lft 1800'],
    ],
    [{ family: 'inet6', local: 'fd00::5', prefixlen: 64, scope: 'global', ...always }, ['fd00::5/64 nodad']],
    [{ family: 'inet6', local: 'fe80::5', prefixlen: 64, scope: 'link', ...always }, []],
    [{ family: 'inet6', local: 'fd00::6', prefixlen: 64, scope: 'global', temporary: true }, []],
  ])('%j becomes %j', (address, words) => {
    const nic = { ...plain, addresses: [address] };
    expect(readAddressing(shows(''), nic).addresses).toEqual(words);
    expect(hasAddresses(nic)).toBe(words.length > 0);
  });
});

describe('the routes of an interface', () => {
  const four = [
    'unicast default via 10.9.0.2 table main proto static scope global metric 100 mtu 1400 linkdown',
    'unicast 10.8.0.0/16 table 77 proto static scope link nhid 5',
    'unicast 10.9.0.0/24 table main proto kernel scope link src 10.9.0.1',
    'local 10.9.0.1 table local proto kernel scope host src 10.9.0.1',
    'broadcast 10.9.0.255 table local proto kernel scope link src 10.9.0.1',
  ].join('\n');

  it('are those that the kernel does not make by itself, without its remarks; the near ones come first', () => {
    const addressing = readAddressing(shows(`${four}\n`, ''), plain);
    expect(routeOrders(addressing, 'eth1', 4)).toEqual([
      'route replace 10.8.0.0/16 table 77 proto static scope link dev eth1',
      'route replace default via 10.9.0.2 table main proto static scope global metric 100 mtu 1400 dev eth1',
    ]);
    expect(routeOrders(addressing, 'eth1', 6)).toEqual([]);
  });

  it('are refused when they share traffic among interfaces', () => {
    const multipath = 'unicast default table main proto boot \\\tnexthop via 10.9.0.2 dev eth1 weight 1';
    expect(failureOf(() => readAddressing(shows(multipath), plain))).toContain('shares its traffic');
  });
});

describe('what an interface is made of', () => {
  const nics = [
    { ...plain, name: 'eth1', master: 'bond0' },
    { ...plain, name: 'eth2', master: 'bond0' },
    { ...plain, name: 'bond0' },
    { ...plain, name: 'bond0.100', lower: 'bond0' },
    { ...plain, name: 'eth3' },
  ];

  it.each([
    [['bond0.100'], ['bond0.100', 'bond0', 'eth1', 'eth2']],
    [['eth3'], ['eth3']],
    [[], []],
  ])('%j: %j', (names, parts) => {
    expect([...withParts(nics, names)]).toEqual(parts);
  });
});

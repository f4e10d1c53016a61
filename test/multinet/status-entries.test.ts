import { describe, expect, it } from 'vitest';
import { statusEntries, type StatusSource } from '../../src/multinet/status-entries.ts';

const empty: StatusSource = { interfaces: [], ips: [], routes: [], dns: {} };
const entries = (result: Partial<StatusSource>, isDefault = false) =>
  statusEntries({ name: 'team/blue', ifname: 'net1', isDefault, result: { ...empty, ...result } });

describe('the network-status of a Pod', () => {
  it('tells of each interface in the Pod, not of the ends on the host', () => {
    const result = {
      interfaces: [
        { name: 'av1', mac: '02:00:00:00:00:01' },
        { name: 'net1', mac: '02:00:00:00:00:02', mtu: 1400, sandbox: '/run/netns/a' },
      ],
      ips: [
        { interface: 1, address: '10.0.0.5/24', gateway: '10.0.0.1' },
        { interface: 1, address: 'fd00::5/64' },
      ],
    };
    expect(entries(result)).toStrictEqual([
      {
        name: 'team/blue',
        interface: 'net1',
        ips: ['10.0.0.5', 'fd00::5'],
        mac: '02:00:00:00:00:02',
        mtu: 1400,
        dns: {},
      },
    ]);
  });

  it('gives all addresses to the only interface, even if it has no sandbox', () => {
    expect(entries({ interfaces: [{ name: 'net1' }], ips: [{ address: '10.0.0.5/24' }] })).toStrictEqual([
      { name: 'team/blue', interface: 'net1', ips: ['10.0.0.5'], dns: {} },
    ]);
  });

  it('tells of a network whose plugin names no interface', () => {
    expect(entries({ ips: [{ address: '10.0.0.5/24' }] })).toStrictEqual([
      { name: 'team/blue', interface: 'net1', ips: ['10.0.0.5'], dns: {} },
    ]);
  });

  it('gives addresses without interface to the last one, and those of the host to none', () => {
    const interfaces = [{ name: 'br0' }, { name: 'a', sandbox: '/n' }, { name: 'b', sandbox: '/n' }];
    const ips = [
      { interface: 0, address: '10.0.0.1/24' },
      { interface: 1, address: '10.0.0.2/24' },
      { address: '10.0.0.3/24' },
    ];
    expect(entries({ interfaces, ips }).map(({ interface: name, ips: own }) => [name, own])).toStrictEqual([
      ['a', ['10.0.0.2']],
      ['b', ['10.0.0.3']],
    ]);
  });

  it('says which one is the default, and through which gateway', () => {
    const interfaces = [{ name: 'veth1' }, { name: 'eth0', sandbox: '/n' }];
    const ips = [{ interface: 1, address: '10.0.0.2/24', gateway: '10.0.0.1' }];
    const routes = [{ dst: '0.0.0.0/0', gw: '10.0.0.1' }, { dst: '10.9.0.0/16', gw: '10.0.0.9' }, { dst: '::/0' }];
    expect(entries({ interfaces, ips, routes }, true)).toStrictEqual([
      { name: 'team/blue', interface: 'eth0', ips: ['10.0.0.2'], default: true, dns: {}, gateway: ['10.0.0.1'] },
    ]);
  });

  it('calls no interface of the host the default', () => {
    const interfaces = [{ name: 'br0' }, { name: 'a', sandbox: '/n' }, { name: 'b', sandbox: '/n' }];
    const ips = [{ interface: 0, address: '10.0.0.2/24', gateway: '10.0.0.1' }];
    const defaults = entries({ interfaces, ips }, true).filter((one) => one.default);
    expect(defaults.map(({ interface: name }) => name)).toStrictEqual(['a']);
  });
});

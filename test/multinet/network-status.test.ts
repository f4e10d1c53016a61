import { describe, expect, it } from 'vitest';
import { parseNetworkStatus } from '../../src/multinet/network-status.ts';

describe('the network-status of a Pod', () => {
  it('names networks, interfaces and addresses', () => {
    const status = [
      { name: 'cilium', interface: 'eth0', ips: ['10.244.0.7'], mac: '0e:00', default: true, dns: {} },
      { name: 'team/blue', interface: 'net1', dns: {} },
      'nonsense',
      { ips: [7] },
    ];
    expect(parseNetworkStatus(JSON.stringify(status))).toStrictEqual([
      { name: 'cilium', ifname: 'eth0', ips: ['10.244.0.7'] },
      { name: 'team/blue', ifname: 'net1', ips: [] },
      { name: '', ifname: '', ips: [] },
    ]);
  });

  it.each(['', '{', '{}', 'null'])('is not known from %j', (annotation) => {
    expect(parseNetworkStatus(annotation)).toBeUndefined();
  });
});

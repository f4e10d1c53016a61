import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../src/cni/environment.ts';
import { readNetworkConfig } from '../../src/cni/network-config.ts';
import { formatAddress } from '../../src/ipam/address.ts';
import { readIpamSection } from '../../src/plugin/ipam-section.ts';

const env = { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'c', CNI_NETNS: '/n', CNI_IFNAME: 'net1', CNI_PATH: '/p' };

function requested(ips: readonly string[], addresses: readonly string[] = []): readonly string[] {
  const ipam = { type: 'antrea', ippools: ['a'], addresses: addresses.map((address) => ({ address })) };
  const raw = { cniVersion: '1.0.0', name: 'n', type: 'antrea', ipam, runtimeConfig: { ips } };
  const section = readIpamSection({ request: readEnvironment(env), config: readNetworkConfig('ADD', raw) });
  return section.requested.map(({ address, prefixLength }) => `${formatAddress(address)}/${prefixLength ?? ''}`);
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

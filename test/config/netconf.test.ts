import { describe, expect, it } from 'vitest';
import { readVlanNetwork } from '../../src/config/netconf.ts';
import { failureOf } from '../failure-of.ts';

const settings = { bridge: 'br-secondary', bridges: ['br-fast'], mtu: 1450 };
const read = (conf: object) => readVlanNetwork({ networkType: 'vlan', ...conf }, settings);

describe('a VLAN network', () => {
  it("takes the Node's defaults", () => {
    const defaults = { bridge: 'br-secondary', vlan: undefined, trunk: undefined, mtu: 1450, mac: undefined };
    expect(read({})).toStrictEqual({ ...defaults, acceptRA: undefined });
    expect(read({ mtu: 0, bridge: 'br-secondary' })).toStrictEqual({ ...defaults, acceptRA: undefined });
  });

  it('has its own keys, and ignores those of others', () => {
    const own = {
      bridge: 'br-fast',
      vlan: 100,
      trunk: [{ id: 5 }],
      mtu: 9000,
      mac: '02:00:00:00:00:01',
      acceptRA: true,
    };
    expect(read({ ...own, deviceID: 'x', args: { cni: {} }, capabilities: { ips: true } })).toStrictEqual(own);
  });

  it.each<{ conf: object; says: string }>([
    {
      conf: { networkType: undefined },
      says: 'config: network configuration: the key networkType is missing: expected "networkType": "vlan"',
    },
    { conf: { networkType: 'sriov' }, says: 'unsupported: network configuration: networkType "sriov"' },
    { conf: { networkType: 5 }, says: 'networkType 5' },
    { conf: { vlan: 4095 }, says: 'unsupported: network configuration: vlan 4095 must be at most 4094' },
    { conf: { vlan: -200 }, says: 'unsupported: network configuration: vlan -200' },
    { conf: { vlan: 1.5 }, says: 'config: network configuration: vlan 1.5' },
    {
      conf: { vlan: '100' },
      says: 'config: network configuration: vlan "100" must be an integer: write it without quotes',
    },
    { conf: { vlan: null }, says: 'config: network configuration: vlan null' },
    { conf: { trunk: [] }, says: 'config: network configuration: trunk [] must have at least 1 element' },
    { conf: { trunk: { id: 5 } }, says: 'config: network configuration: trunk {"id":5}' },
    { conf: { trunk: [{ id: 5, tag: 1 }] }, says: 'config: network configuration: the key trunk[0].tag is unknown' },
    { conf: { trunk: [{ minID: 1, maxID: 4096 }] }, says: 'unsupported: network configuration: trunk[0].maxID 4096' },
    { conf: { mtu: -1 }, says: 'unsupported: network configuration: mtu -1' },
    { conf: { mtu: 1 }, says: 'unsupported: mtu 1 is smaller than 68' },
    { conf: { mtu: 65_536 }, says: 'unsupported: network configuration: mtu 65536' },
    { conf: { bridge: 'br-int' }, says: 'unsupported: bridge br-int is not open to networks' },
    {
      conf: { bridge: '-br' },
      says: 'config: network configuration: bridge "-br" must be a name of at most 15 letters',
    },
    { conf: { VLAN: 100 }, says: 'decode: the network configuration has the key "VLAN": expected "vlan"' },
    {
      conf: { networkType: undefined, networktype: 'vlan' },
      says: 'has the key "networktype": expected "networkType"',
    },
    { conf: { acceptRA: 'yes' }, says: 'config: network configuration: acceptRA "yes" must be true or false' },
    { conf: { ipam: 'x' }, says: 'config: network configuration: ipam "x"' },
    { conf: { capabilities: { portMappings: true } }, says: 'unsupported: capabilities.portMappings' },
    { conf: { runtimeConfig: { bandwidth: {} } }, says: 'unsupported: runtimeConfig.bandwidth' },
  ])('$conf is refused: $says', ({ conf, says }) => {
    expect(failureOf(() => read(conf))).toContain(says);
  });

  it('a capability that is off is none', () => {
    expect(() => read({ capabilities: { bandwidth: false, portMappings: false, mac: true } })).not.toThrow();
  });
});

import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../src/cni/environment.ts';
import { readNetworkConfig } from '../../src/cni/network-config.ts';
import { planAttachment, type Plan, type Planning } from '../../src/plugin/attachment-plan.ts';
import type { Assignment } from '../../src/plugin/ipam-source.ts';
import { addEnvironment } from '../cni/add-environment.ts';
import { failureOf } from '../failure-of.ts';

const env = addEnvironment('K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0');
const conf = { cniVersion: '1.1.0', name: 'blue', type: 'antrea', ipam: { type: 'antrea' } };
const planning: Planning = {
  call: { request: readEnvironment(env), config: readNetworkConfig('ADD', conf) },
  settings: { allowedVLANs: [{ first: 100, last: 199 }], allowedTrunks: [{ first: 200, last: 299 }] },
};
const network: Plan['network'] = {
  bridge: 'br-secondary',
  vlan: undefined,
  trunk: undefined,
  mtu: 1500,
  mac: undefined,
  acceptRA: undefined,
};
const plan: Plan = { network, mac: '02:00:00:00:00:01', hostInterface: 'avx' };
const assignment: Assignment = {
  ips: [
    { address: '10.0.0.5/24', gateway: '10.0.0.1' },
    { address: 'fd00::5/64', gateway: 'fd00::1' },
  ],
  routes: [],
  dns: {},
  vlan: 100,
  held: [],
};

describe('what is to be made of an attachment', () => {
  it('has the VLAN of the pools, and tells Open vSwitch whose it is', () => {
    const { port, link } = planAttachment(planning, plan, assignment);
    expect(port).toMatchObject({
      name: 'avx',
      bridge: 'br-secondary',
      vlans: { mode: 'access', tag: 100 },
      owner: { podNamespace: 'default', podName: 'web-0', network: 'blue', addresses: '10.0.0.5,fd00::5' },
    });
    expect(link).toMatchObject({ name: 'net1', addresses: ['10.0.0.5/24', 'fd00::5/64'], acceptRA: false });
  });

  it('leads routes without a next hop through the gateway of their family, and on the link where there is none', () => {
    const [four, six, own] = [{ dst: '10.1.0.0/16' }, { dst: '::/0' }, { dst: '10.2.0.0/16', gw: '10.0.0.9' }];
    const routed = (ips: Assignment['ips']): unknown =>
      planAttachment(planning, plan, { ...assignment, ips, routes: [four, six, own] }).link.routes;
    expect(routed(assignment.ips)).toStrictEqual([{ ...four, gw: '10.0.0.1' }, { ...six, gw: 'fd00::1' }, own]);
    expect(routed([{ address: '10.0.0.5/24' }])).toStrictEqual([four, six, own]);
  });

  it.each<{
    readonly what: string;
    readonly more: Partial<Plan['network']>;
    readonly vlan: number;
    readonly says: string;
  }>([
    { what: 'a VLAN of its pools that the Node does not allow', more: {}, vlan: 300, says: 'vlan 300 is not allowed' },
    {
      what: 'a trunk that it does not allow',
      more: { trunk: [{ id: 100 }] },
      vlan: 0,
      says: 'VLAN 100 is not allowed',
    },
    { what: 'an MTU without IPv6', more: { mtu: 1279 }, vlan: 100, says: 'mtu 1279 is too small for IPv6' },
  ])('is nothing for $what', ({ more, vlan, says }) => {
    const refused = { ...plan, network: { ...network, ...more } };
    expect(failureOf(() => planAttachment(planning, refused, { ...assignment, vlan }))).toContain(says);
  });
});

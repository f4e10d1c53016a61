import { describe, expect, it } from 'vitest';
import { parseNetworks } from '../../src/multinet/annotation.ts';
import { failureOf } from '../failure-of.ts';

const parse = (item: object) => parseNetworks(JSON.stringify([{ name: 'a', ...item }]), 'team')[0];

describe('what a Pod asks of a network', () => {
  it('is read with all its keys', () => {
    const item = {
      interface: 'eth5',
      ips: ['10.0.0.5'],
      mac: '02:00:00:00:00:01',
      'infiniband-guid': 'c2:11:22:33:44:55:66:77',
      portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
      bandwidth: { ingressRate: 1000 },
      deviceID: '0000:00:1f.6',
      'cni-args': { foo: 'bar' },
      'default-route': ['10.0.0.1', 'fd00::1'],
      'ipam-claim-reference': 'claim-1',
    };
    expect(parse(item)).toStrictEqual({
      namespace: 'team',
      name: 'a',
      ifname: 'eth5',
      ips: ['10.0.0.5'],
      mac: '02:00:00:00:00:01',
      infinibandGUID: 'c2:11:22:33:44:55:66:77',
      portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
      bandwidth: { ingressRate: 1000 },
      deviceID: '0000:00:1f.6',
      cniArgs: { foo: 'bar' },
      defaultRoute: ['10.0.0.1', 'fd00::1'],
      ipamClaim: 'claim-1',
    });
  });

  it('is nothing where it is empty, as Go writes it', () => {
    const item = { 'infiniband-guid': '', portMappings: null, deviceID: '', 'default-route': [], 'cni-args': null };
    expect(parse(item)).toStrictEqual({ namespace: 'team', name: 'a', ifname: undefined, ips: [], mac: undefined });
  });

  it.each([
    ['infiniband-guid', 'c2:11'],
    ['portMappings', { hostPort: 1 }],
    ['portMappings', [{ hostPort: '8080', containerPort: 80 }]],
    ['portMappings', [{ hostPort: 65_536, containerPort: 80 }]],
    ['bandwidth', { ingressRate: '1M' }],
    ['deviceID', 7],
    ['cni-args', ['a']],
    ['default-route', '10.0.0.1'],
    ['ipam-claim-reference', {}],
  ])('is refused when %s is %j', (key, value) => {
    expect(failureOf(() => parse({ [key]: value }))).toContain(`config: the network [0]: ${key} is `);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Cluster } from './cluster.ts';
import { startDeployedCluster } from './deployed.ts';
import { createPool, makePool, oldPool, pool, poolOf, poolPath, ranges, rangesOfV1alpha2 } from './pools.ts';
import { findClusterTools } from './tools.ts';

const tools = await findClusterTools();
const base = pool({ ranges: ['192.168.0.0/26'], gateway: '192.168.0.1' });

describe.skipIf(tools.dir === undefined)('the API server, when an IPPool is created', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startDeployedCluster();
  });
  afterAll(() => cluster.stop());

  it.each([
    ['1: a CIDR', base],
    ['7: one address', pool({ ranges: ['192.168.1.100-192.168.1.100'] })],
    [
      '11: three ranges',
      pool({ ranges: ['192.168.1.10-192.168.1.20', '192.168.1.30-192.168.1.40', '192.168.1.50-192.168.1.60'] }),
    ],
    [
      '11: the same, in another order',
      pool({ ranges: ['192.168.1.50-192.168.1.60', '192.168.1.10-192.168.1.20', '192.168.1.30-192.168.1.40'] }),
    ],
    ['15: a CIDR equal to the subnet', pool({ ranges: ['192.168.1.0/24'] })],
    ['15: first to last address of the subnet', pool({ ranges: ['192.168.1.0-192.168.1.255'] })],
    ['18: no ranges', pool({ ranges: [] })],
    ['host bits in a CIDR', pool({ ranges: ['192.168.1.77/26'] })],
    [
      'IPv6, however it is written',
      pool({
        ranges: ['2001:DB8:0::10-2001:db8::00ff', '2001:db8::1:0/112'],
        gateway: '2001:db8::1',
        prefixLength: 64,
      }),
    ],
    [
      'IPv6 ranges that touch, in descending order',
      pool({
        ranges: ['fd00::1:0/113', 'fd00::ff00-fd00::ffff', 'fd00::1:8000-fd00::1:8fff'],
        gateway: 'fd00::1',
        prefixLength: 64,
      }),
    ],
    [
      'IPv6 at the very end',
      pool({
        ranges: ['fd00::ffff:ffff:ffff:0-fd00::ffff:ffff:ffff:ffff', 'fd00::/65'],
        gateway: 'fd00::1',
        prefixLength: 64,
      }),
    ],
    [
      'excludes in each form',
      pool({
        ranges: ['192.168.1.0/24'],
        excludes: ['192.168.1.7', '192.168.1.16/28', '192.168.1.40 - 192.168.1.50'],
      }),
    ],
    ['VLAN 4094', pool({ ranges: ['192.168.1.0/24'], vlan: 4094 })],
    ['only for some Namespaces', { ...base, namespaceSelector: { matchLabels: { team: 'a' } } }],
  ])('allows row %s', async (_row, spec) => {
    expect(await createPool(cluster.admin, spec)).toMatchObject({ status: 201, message: '' });
  });

  it.each<[string, object, string]>([
    [
      '2: IPv4, prefixLength 32',
      pool({ ranges: ['192.168.3.0/26'], gateway: '192.168.3.1', prefixLength: 32 }),
      'prefixLength',
    ],
    ...[0, 33].map((prefixLength): [string, object, string] => [
      `3: IPv4, prefixLength ${prefixLength}`,
      pool({ ranges: [], prefixLength }),
      'prefixLength',
    ]),
    ...[0, 129].map((prefixLength): [string, object, string] => [
      `3: IPv6, prefixLength ${prefixLength}`,
      pool({ ranges: [], gateway: 'fd00::1', prefixLength }),
      'prefixLength',
    ]),
    [
      '4: a gateway that is none',
      pool({ ranges: ['192.168.1.0/24'], gateway: 'invalid-gateway' }),
      'gateway must be an IPv4 or IPv6 address',
    ],
    [
      '5: start after end',
      pool({ ranges: ['192.168.1.10-192.168.1.3'] }),
      '192.168.1.10-192.168.1.3: start must not be greater than end',
    ],
    [
      '5: start after end, where text sorts otherwise',
      pool({ ranges: ['192.168.1.100-192.168.1.20'] }),
      'start must not be greater than end',
    ],
    [
      '5: start after end, IPv6',
      pool({ ranges: ['fd00::1:0-fd00::ffff'], gateway: 'fd00::1', prefixLength: 64 }),
      'start must not be greater than end',
    ],
    ['6: two families', pool({ ranges: ['192.168.1.1-2001:db8::1'] }), 'start and end should be of the same family'],
    [
      '8: a range in a CIDR',
      pool({ ranges: ['192.168.3.0/26', '192.168.3.10-192.168.3.20'], gateway: '192.168.3.1' }),
      'range [192.168.3.10-192.168.3.20] overlaps with range [192.168.3.0/26]',
    ],
    [
      '9: a CIDR in a range',
      pool({ ranges: ['192.168.3.12/30', '192.168.3.10-192.168.3.20'], gateway: '192.168.3.1' }),
      'overlaps with range [192.168.3.12/30]',
    ],
    [
      '10: two ranges',
      pool({ ranges: ['192.168.1.10-192.168.1.20', '192.168.1.15-192.168.1.25'] }),
      'range [192.168.1.15-192.168.1.25] overlaps with range [192.168.1.10-192.168.1.20]',
    ],
    [
      '10: one address in common',
      pool({ ranges: ['192.168.1.10-192.168.1.20', '192.168.1.20-192.168.1.25'] }),
      'overlaps',
    ],
    ['10: the same twice', pool({ ranges: ['192.168.1.0/28', '192.168.1.0/28'] }), 'overlaps'],
    [
      '10: a CIDR in a CIDR, not in order',
      pool({ ranges: ['192.168.1.0/24', '192.168.1.0/28'] }),
      'range [192.168.1.0/28] overlaps with range [192.168.1.0/24]',
    ],
    [
      '10: the last address of an IPv6 CIDR',
      pool({ ranges: ['fd00::/113', 'fd00::7fff-fd00::8000'], gateway: 'fd00::1', prefixLength: 64 }),
      'overlaps',
    ],
    [
      '12: IPv6 in an IPv4 subnet',
      pool({ ranges: ['10:2400::0/96'], gateway: '192.168.3.1' }),
      'must be a subset of 192.168.3.1/24',
    ],
    [
      '13: a CIDR elsewhere',
      pool({ ranges: ['192.168.10.0/26'] }),
      'range [192.168.10.0/26] must be a subset of 192.168.1.1/24',
    ],
    ['13: a CIDR that is wider', pool({ ranges: ['192.168.0.0/16'] }), 'must be a subset'],
    ['14: end outside', pool({ ranges: ['192.168.1.200-192.168.2.10'] }), 'must be a subset'],
    ['14: start outside', pool({ ranges: ['10.0.0.1-192.168.1.10'] }), 'must be a subset'],
    ...['192.168.1.1/33', '2001:d00::/132', 'not-a-cidr'].map((cidr): [string, object, string] => [
      `16: ${cidr}`,
      { ...base, ipRanges: [{ cidr }] },
      'cidr must be',
    ]),
    ['17: start', pool({ ranges: ['10.96.10.1000-10.96.10.10'] }), 'start must be'],
    ['17: end', pool({ ranges: ['2001:a00::-2001:g00::'], gateway: 'fd00::1', prefixLength: 64 }), 'end must be'],
    ['17: both', pool({ ranges: ['10.96.10.1000-2001:g00::'] }), 'start must be'],
    ['start without end', { ...base, ipRanges: [{ start: '192.168.0.5' }] }, 'expected either cidr, or start and end'],
    [
      'cidr and start',
      { ...base, ipRanges: [{ cidr: '192.168.0.0/26', start: '192.168.0.5' }] },
      'expected either cidr, or start and end',
    ],
    ['a range of nothing', { ...base, ipRanges: [{}] }, 'expected either cidr, or start and end'],
    ['VLAN 4095', pool({ ranges: ['192.168.1.0/24'], vlan: 4095 }), 'spec.subnetInfo.vlan'],
    ['IPv4-mapped addresses', pool({ ranges: ['::1:0/112'], gateway: '::1', prefixLength: 64 }), 'IPv4-mapped'],
    [
      'an exclude that is none',
      pool({ ranges: ['192.168.1.0/24'], excludes: ['192.168.1.5-'] }),
      'expected an address, a CIDR, or two',
    ],
    [
      'an exclude of another family',
      pool({ ranges: ['192.168.1.0/24'], excludes: ['fd00::1'] }),
      'not of the family of the gateway',
    ],
    [
      'an exclude backwards',
      pool({ ranges: ['192.168.1.0/24'], excludes: ['192.168.1.5-192.168.1.4'] }),
      'start must not be greater than end',
    ],
    ['a selector without terms', { ...base, namespaceSelector: {} }, 'an empty selector would select every Namespace'],
  ])('denies row %s', async (_row, spec, message) => {
    const answer = await createPool(cluster.admin, spec);
    expect(answer.status).toBe(422);
    expect(answer.message).toContain(message);
  });

  it('denies a name that is too long to be part of another', async () => {
    const named = { ...poolOf(base, 'v1beta1'), metadata: { name: 'a'.repeat(64) } };
    expect((await cluster.admin.post(poolPath('v1beta1'), named)).message).toContain('at most 63 characters');
  });

  it.each<[string, object, string]>([
    [
      '27: ranges with different subnets',
      oldPool(['10.10.1.0/24', '10.10.1.1'], ['10.10.2.0/24', '10.10.2.1']),
      'ranges have different subnet information',
    ],
    [
      'neither shape: no subnet at all',
      { ipRanges: ranges(['10.10.1.0/24']) },
      'expected either subnetInfo, or ipVersion',
    ],
    [
      'both shapes',
      { ...oldPool(['10.10.1.0/24', '10.10.1.1']), subnetInfo: { gateway: '10.10.1.1', prefixLength: 24 } },
      'expected either subnetInfo, or ipVersion',
    ],
    [
      'both shapes, without ipVersion',
      {
        ipRanges: rangesOfV1alpha2([['10.10.1.0/24', '10.10.1.1']]),
        subnetInfo: { gateway: '10.10.1.1', prefixLength: 24 },
      },
      'next to subnetInfo',
    ],
    ['half a shape', { ipVersion: 4, ipRanges: ranges(['10.10.1.0/24']) }, 'gateway and prefixLength in every range'],
    [
      'ipVersion 6 with an IPv4 gateway',
      { ...oldPool(['10.10.1.0/24', '10.10.1.1']), ipVersion: 6 },
      'ipVersion is not the family',
    ],
    ['ipVersion 5', { ...oldPool(['10.10.1.0/24', '10.10.1.1']), ipVersion: 5 }, 'ipVersion'],
    ['prefixLength 32', oldPool(['10.10.1.0/24', '10.10.1.1', { prefixLength: 32 }]), 'prefixLength'],
    [
      'two VLANs',
      oldPool(['10.10.1.0/25', '10.10.1.1', { vlan: 2 }], ['10.10.1.128/25', '10.10.1.1', { vlan: 3 }]),
      'different subnet information',
    ],
    ['a range outside', oldPool(['10.10.9.0/24', '10.10.1.1']), 'must be a subset'],
    ['no ranges', { ipVersion: 4, ipRanges: [] }, 'without subnetInfo there must be a range'],
  ])('denies, in each version, row %s', async (_row, spec, message) => {
    for (const version of ['v1alpha2', 'v1beta1']) {
      const answer = await createPool(cluster.admin, spec, version);
      expect(answer.status).toBe(422);
      expect(answer.message).toContain(message);
    }
  });

  it.each([
    ['with a VLAN', oldPool(['10.2.0.12-10.2.0.20', '10.2.0.1', { vlan: 2 }])],
    ['of IPv4', oldPool(['10.10.1.0/26', '10.10.1.1'])],
    [
      'of IPv6',
      oldPool(['3ffe:ffff:1:01ff::0100-3ffe:ffff:1:01ff::0200', '3ffe:ffff:1:01ff::1', { prefixLength: 64 }]),
    ],
  ])("allows the pool of Antrea's guide %s", async (_kind, spec) => {
    expect(await createPool(cluster.admin, spec, 'v1alpha2')).toMatchObject({ status: 201, message: '' });
  });

  it('takes a gateway for the same however it is written, and no VLAN for VLAN 0', async () => {
    const spec = oldPool(
      ['20::10-20::1f', '20::1', { prefixLength: 64 }],
      ['20::20-20::2f', '20:0::1', { prefixLength: 64, vlan: 0 }],
    );
    expect(await createPool(cluster.admin, spec, 'v1alpha2')).toMatchObject({ status: 201 });
  });

  it.each([
    {
      kind: 'IPv4 CIDRs',
      text: (index: number) => `10.0.${index}.16/28`,
      subnetInfo: { gateway: '10.0.0.1', prefixLength: 8 },
      extra: '10.0.37.31-10.0.37.32',
    },
    {
      kind: 'IPv6 ranges',
      text: (index: number) => `fd00:1111:2222:3333::${index}:10-fd00:1111:2222:3333::${index}:1f`,
      subnetInfo: { gateway: 'fd00:1111:2222:3333::1', prefixLength: 64 },
      extra: 'fd00:1111:2222:3333::37:1f-fd00:1111:2222:3333::37:20',
    },
  ])('takes 256 $kind in any order, and one of them later', async ({ text, subnetInfo, extra }) => {
    const texts = Array.from({ length: 256 }, (_, index) => text((index * 37) % 256));
    const all = pool({ ranges: texts, ...subnetInfo });
    expect(await createPool(cluster.admin, all)).toMatchObject({ status: 201 });
    const doubled = pool({ ranges: [...texts.slice(0, 255), extra], ...subnetInfo });
    const { message } = await createPool(cluster.admin, doubled);
    expect(message).toContain(`range [${extra}] overlaps with range [`);
    const { object, path } = await makePool(cluster.admin, pool({ ranges: texts.slice(1), ...subnetInfo }));
    expect(await cluster.admin.put(path, { ...object, spec: all })).toMatchObject({ status: 200, message: '' });
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeNamespace } from '../../../cluster/objects.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import type { JsonObject } from '../../../fixture/json.ts';
import { errorOf, succeeded } from '../../../fixture/outcome.ts';
import { ours } from '../../cluster/networks.ts';
import { nothing, startNativeBed, type NativeBed } from './bed.ts';
import { macvlan, prepareNetworks, staticIPAM } from './networks.ts';

const tools = await findClusterTools();

/** A network that a tenant may write, and what ADD says of it. */
const hostile: readonly (readonly [string, JsonObject, string])[] = [
  ['another plugin', { type: 'ptp' }, 'type "ptp" is not open to networks on this Node: use '],
  [
    'another plugin for addresses',
    { ...macvlan, ipam: { type: 'whereabouts' } },
    'ipam.type "whereabouts" is not open',
  ],
  ['a program of the Node', { type: '../../../bin/sh' }, 'type "../../../bin/sh" is not open'],
  ['another plugin in its list', { plugins: [macvlan, { type: 'tuning' }] }, 'type "tuning" is not open'],
  ['this very role', { type: ours, networkType: 'secondary' }, 'networkType "secondary" is not a Pod\'s to use'],
  ['a folder', { ...macvlan, ipam: { type: 'host-local', dataDir: '/etc' } }, 'ipam.dataDir names a file or a socket'],
  ['a socket', { ...macvlan, ipam: { type: 'dhcp', daemonSocketPath: 'x' } }, 'ipam.daemonSocketPath names a file'],
  ['a device by its path', { type: 'host-device', kernelpath: '/sys/x' }, 'kernelpath names a file or a socket'],
  ['a key in another case', { ...macvlan, Ipam: { type: 'x' } }, 'has the key "Ipam": expected "ipam"'],
  ['a name that is a path', { ...macvlan, name: '../x', ipam: staticIPAM }, 'name "../x" is not a network name'],
  ['a bridge that is not listed', { type: ours, networkType: 'vlan', bridge: 'br-int' }, 'bridge br-int is not open'],
  ['a version that there is not', { ...macvlan, cniVersion: '9.9.9' }, 'cniVersion "9.9.9" is not supported'],
];

describe.skipIf(tools.dir === undefined)('without Multus, a Pod does not start', () => {
  let bed: NativeBed;
  beforeAll(async () => {
    bed = await startNativeBed();
    await prepareNetworks(bed);
    await makeNamespace(bed.cluster.admin, 'admin');
    await bed.applyNetworks({ theirs: { ...macvlan, ipam: staticIPAM } }, 'admin');
  });
  afterEach(async () => {
    await bed.reset();
    expect(await bed.remains()).toStrictEqual(nothing);
  });
  afterAll(() => bed?.stop());

  it.each(hostile)('whose network names %s', async (_, config, message) => {
    await bed.applyNetworks({ hostile: { cniVersion: '1.0.0', ...config } });
    const { code, msg } = errorOf(await bed.add(await bed.pod({ networks: 'blue,hostile' })));
    expect(msg).toContain('network shop/hostile: ');
    expect(msg).toContain(message);
    expect([1, 2, 6, 7]).toContain(code);
  });

  it.each([
    ['blue,', 7, 'the network "" is malformed'],
    ['missing', 7, 'network shop/missing: there is no NetworkAttachmentDefinition missing in shop'],
    ['empty', 7, 'network shop/empty: spec.config is empty, and no file in '],
    ['blue@eth0', 7, 'the interface "eth0" is the name of another interface of the Pod'],
    ['blue@net1,bare@net1', 7, 'the interface "net1" is the name of another interface of the Pod'],
    [
      [
        { name: 'blue', mac: '02:00:00:00:00:aa' },
        { name: 'bare', mac: '02:00:00:00:00:AA' },
      ],
      7,
      'mac "02:00:00:00:00:aa" is asked for by two networks',
    ],
    [[{ name: 'static', mac: '02:00;IP=1.2.3.4' }], 7, 'is not a MAC address'],
    [[{ name: 'blue', bandwidth: { ingressRate: 1 } }], 7, 'the Pod asks for bandwidth, and no plugin'],
    [[{ name: 'blue', deviceID: '0000:af:06.1' }], 7, 'the Pod asks for deviceID, and no plugin'],
    [
      [{ name: 'bare', 'infiniband-guid': 'c2:11:22:33:44:55:66:77' }],
      7,
      'the Pod asks for infinibandGUID, and no plugin',
    ],
    [
      [{ name: 'bare', 'infiniband-guid': 'c2:11' }],
      7,
      'infiniband-guid is "c2:11", which cannot be read: expected an EUI-64',
    ],
    [
      [{ name: 'blue', 'ipam-claim-reference': 'web-0' }],
      2,
      'network shop/blue: ipam-claim-reference "web-0": no network keeps',
    ],
    [
      [{ name: 'blue', 'default-route': ['nowhere'] }],
      7,
      'network shop/blue: default-route "nowhere" is not an IP address',
    ],
    [
      [
        { name: 'blue', 'default-route': ['10.10.1.1'] },
        { name: 'green', 'default-route': ['10.20.0.1'] },
      ],
      7,
      'default-route 10.10.1.1 and 10.20.0.1: expected one of each family',
    ],
  ])('that asks for %j', async (networks, code, message) => {
    const error = errorOf(await bed.add(await bed.pod({ networks })));
    expect(error.msg).toContain(message);
    expect(error.code).toBe(code);
  });

  it('that asks for another Pod network', async () => {
    const pod = await bed.pod({ annotations: { 'v1.multus-cni.io/default-network': 'blue' } });
    const { code, msg } = errorOf(await bed.add(pod));
    expect(msg).toContain('the annotation v1.multus-cni.io/default-network is Multus');
    expect(code).toBe(2);
  });

  it('with the network of another Namespace, where Namespaces are isolated', async () => {
    const pod = await bed.pod({ networks: 'admin/theirs' });
    const { code, msg } = errorOf(await bed.add(pod, { namespaceIsolation: true }));
    expect(msg).toContain('network admin/theirs is not open to Pods of shop: use one of shop or default');
    expect(code).toBe(2);
    succeeded(await bed.add(pod, { namespaceIsolation: true, globalNamespaces: ['admin'] }));
    succeeded(await bed.del(pod));
    succeeded(await bed.add(pod));
  });

  it('whose networks no API server tells, unless its Namespace is skipped', async () => {
    const pod = await bed.pod({ networks: 'blue' });
    await pod.forget();
    const { code, msg } = errorOf(await bed.add(pod));
    expect(msg).toContain('is not known to the API server');
    expect(code).toBe(11);
    succeeded(await bed.add(pod, { skipNamespaces: ['shop'] }));
  });
});

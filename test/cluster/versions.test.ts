import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPool } from '../../src/ipam/pool.ts';
import { accepted } from './api.ts';
import { allocation } from './allocations.ts';
import type { Cluster } from './cluster.ts';
import { startDeployedCluster } from './deployed.ts';
import { metadataOf } from './objects.ts';
import { allocationPath, createPool, makePool, oldPool, pool, poolPath } from './pools.ts';
import { readShortNames, readTable } from './tables.ts';
import { findClusterTools } from './tools.ts';

const tools = await findClusterTools();
const versions = ['v1alpha2', 'v1beta1'];
const old = oldPool(['10.10.1.0/25', '10.10.1.1', { vlan: 2 }], ['10.10.1.128-10.10.1.200', '10.10.1.1', { vlan: 2 }]);
const same = pool({ ranges: ['10.10.1.0/25', '10.10.1.128-10.10.1.200'], gateway: '10.10.1.1', vlan: 2 });
const selector = { matchExpressions: [{ key: 'team', operator: 'In', values: ['a', 'b'] }] };
const shapes: [string, object][] = [
  ['of v1alpha2', old],
  ['of v1beta1', same],
  ['of v1alpha2, with everything', { ...old, excludes: ['10.10.1.9', '10.10.1.16/30'], namespaceSelector: selector }],
  ['of v1beta1, with everything', { ...same, excludes: ['10.10.1.9', '10.10.1.16/30'], namespaceSelector: selector }],
  ['of v1beta1, without VLAN and ranges', pool({ ranges: [] })],
  ['of v1alpha2, IPv6', oldPool(['fd00::10-fd00::ff', 'fd00::1', { prefixLength: 64 }])],
];
const edits = versions.flatMap((written) =>
  versions.flatMap((edited) => shapes.map(([name, spec]) => ({ name, spec, written, edited }))),
);

describe.skipIf(tools.dir === undefined)('IPPools in two versions', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startDeployedCluster();
  });
  afterAll(() => cluster.stop());

  it.each(edits)('a pool $name, made by $written, loses nothing when it is labelled by $edited', async (edit) => {
    const made = accepted(await createPool(cluster.admin, edit.spec, edit.written));
    const path = `${poolPath(edit.edited)}/${metadataOf(made, 'name')}`;
    accepted(await cluster.admin.patch(path, { metadata: { labels: { a: 'b' } } }));
    for (const version of versions) {
      const read = accepted(await cluster.admin.get(`${poolPath(version)}/${metadataOf(made, 'name')}`));
      expect(read).toMatchObject({ apiVersion: `crd.antrea.io/${version}`, metadata: { labels: { a: 'b' } } });
      expect(read['spec']).toStrictEqual(edit.spec);
    }
  });

  it.each(edits)('a pool $name, made by $written, loses nothing when it is extended by $edited', async (edit) => {
    const made = accepted(await createPool(cluster.admin, edit.spec, edit.written));
    const name = metadataOf(made, 'name');
    const path = `${poolPath(edit.edited)}/${name}`;
    const before = accepted(await cluster.admin.get(path));
    const spec = extended(edit.spec);
    expect(await cluster.admin.put(path, { ...before, spec })).toMatchObject({ status: 200, message: '' });
    for (const version of versions) {
      expect((await cluster.admin.get(`${poolPath(version)}/${name}`)).body['spec']).toStrictEqual(spec);
    }
  });

  it.each(versions)('25, 26: both shapes mean the same, read by %s', async (version) => {
    const read = async (spec: object) => {
      const { object } = await makePool(cluster.admin, spec);
      const {
        name: _name,
        uid: _uid,
        ...model
      } = readPool(accepted(await cluster.admin.get(`${poolPath(version)}/${metadataOf(object, 'name')}`)));
      return model;
    };
    const model = await read(old);
    expect(model).toMatchObject({ family: 4, prefixLength: 24, vlan: 2 });
    expect(await read(same)).toStrictEqual(model);
  });

  it('keeps a status that either version writes', async () => {
    const { object, path } = await makePool(cluster.admin, old);
    const status = {
      usage: { total: 2 ** 53 - 1, used: 2 },
      free: ['10.10.1.4-10.10.1.9', '10.10.1.20'],
      ipAddresses: [
        {
          ipAddress: '10.10.1.2',
          phase: 'Allocated',
          owner: {
            pod: { name: 'a', namespace: 'b', containerID: 'c', ifName: 'net1' },
            statefulSet: { name: 'a', namespace: 'b', index: 1 },
          },
        },
      ],
      conditions: [
        {
          type: 'Exhausted',
          status: 'False',
          observedGeneration: 1,
          lastTransitionTime: '2026-01-01T00:00:00Z',
          reason: 'AddressesFree',
          message: '',
        },
      ],
    };
    const oldPath = `${poolPath('v1alpha2')}/${metadataOf(object, 'name')}`;
    accepted(await cluster.admin.patch(`${oldPath}/status`, { status }));
    expect((await cluster.admin.get(path)).body['status']).toStrictEqual(status);
  });

  it('warns of v1alpha2 alone, and names the other', async () => {
    expect((await cluster.admin.get(poolPath('v1beta1'))).warnings).toStrictEqual([]);
    expect((await cluster.admin.get(poolPath('v1alpha2'))).warnings).toStrictEqual([
      'crd.antrea.io/v1alpha2 IPPool is deprecated; use crd.antrea.io/v1beta1 IPPool',
    ]);
  });

  it.each(versions)('kubectl get ippools shows total and used, by %s', async (version) => {
    const { object, path } = await makePool(cluster.admin, same);
    accepted(await cluster.admin.patch(`${path}/status`, { status: { usage: { total: 198, used: 3 } } }));
    const name = metadataOf(object, 'name');
    const [columns, row] = await readTable(cluster.admin, `${poolPath(version)}/${name}`);
    expect(columns).toStrictEqual(['Name', 'Total', 'Used', 'Age']);
    expect(row?.slice(0, 3)).toStrictEqual([name, 198, 3]);
    expect(await readShortNames(cluster.admin, 'ippools')).toStrictEqual(['ipp']);
  });

  it('kubectl get ipalloc shows who holds what', async () => {
    accepted(await cluster.admin.post(allocationPath, allocation({ address: '10.10.1.5', node: 'node-1' })));
    const [columns, row] = await readTable(cluster.admin, allocationPath);
    expect(columns).toStrictEqual(['Name', 'Address', 'Pool', 'Owner', 'Node', 'Phase', 'Age']);
    expect(row?.slice(1, 6)).toStrictEqual(['10.10.1.5', 'vlan100', 'web-0', 'node-1', 'Allocated']);
    const [wide] = await readTable(cluster.admin, allocationPath, true);
    expect(wide).toContain('Namespace');
    expect(await readShortNames(cluster.admin, 'ipallocations')).toStrictEqual(['ipalloc']);
  });
});

/** With one range more, in the shape of the others. */
function extended(spec: object): object {
  const known: { readonly ipRanges?: readonly object[] } = spec;
  const ranges = known.ipRanges ?? [];
  const { cidr: _cidr, start: _start, end: _end, ...rest } = { cidr: '', start: '', end: '', ...ranges[0] };
  const added = 'gateway' in rest && rest.gateway === 'fd00::1' ? 'fd00::1:0/112' : '10.10.1.240/28';
  const cidr = ranges.length === 0 ? '192.168.1.0/28' : added;
  return { ...spec, ipRanges: [...ranges, { ...rest, cidr }] };
}

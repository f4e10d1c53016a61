import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted, type Api } from '../../cluster/api.ts';
import { finalizer, poolPath } from '../../cluster/pools.ts';
import { applyFile } from '../../cluster/deploy.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { isObject, objectsIn } from '../../fixture/json.ts';
import { until } from '../../fixture/until.ts';
import { manifest } from '../../ipam/sample.ts';
import { conditionOf, hold, newPool, release, startControllerBed, statusOf, untilStatus, untilUsed } from '../bed.ts';
import type { ControllerBed } from '../bed.ts';
import { startController, type TestController } from '../process.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('the status of a pool', () => {
  let bed: ControllerBed;
  let admin: Api;
  let controller: TestController;
  beforeAll(async () => {
    bed = await startControllerBed();
    ({ admin } = bed);
    controller = await startController({ kubeconfig: bed.kubeconfig });
    await controller.leads();
    await controller.ready();
  });
  afterAll(async () => {
    await controller.stop();
    await bed.cluster.stop();
  });

  it('counts what is held, and names what is free', async () => {
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.20'], excludes: ['192.168.1.15'] });
    expect(await untilUsed(admin, name, 0)).toMatchObject({
      usage: { used: 0, total: 10 },
      free: ['192.168.1.10-192.168.1.14', '192.168.1.16-192.168.1.20'],
    });
    await hold(admin, name, '192.168.1.10', '192.168.1.12', '192.168.1.20');
    expect(await untilUsed(admin, name, 3)).toMatchObject({
      usage: { used: 3, total: 10 },
      free: ['192.168.1.11', '192.168.1.13-192.168.1.14', '192.168.1.16-192.168.1.19'],
    });
    await release(admin, name, '192.168.1.12');
    expect(await untilUsed(admin, name, 2)).toMatchObject({
      free: ['192.168.1.11-192.168.1.14', '192.168.1.16-192.168.1.19'],
    });
  });

  it('is shown by kubectl get ippools', async () => {
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.12'] });
    await hold(admin, name, '192.168.1.11');
    await untilUsed(admin, name, 1);
    const table = 'application/json;as=Table;g=meta.k8s.io;v=v1';
    const [row] = objectsIn(accepted(await admin.get(`${poolPath('v1beta1')}/${name}`, table))['rows']);
    expect(row?.['cells']).toEqual([name, 3, 1, expect.any(String)]);
  });

  it('names at most 32 free ranges, the lowest, of an IPv6 pool too, whose total does not fit', async () => {
    const name = await newPool(admin, { ranges: ['2001:db8::/64'], gateway: '2001:db8::1', prefixLength: 64 });
    const odd = Array.from({ length: 40 }, (_, index) => `2001:db8::${(index * 2 + 3).toString(16)}`);
    await hold(admin, name, ...odd);
    const status = await untilUsed(admin, name, 40);
    expect(status).toMatchObject({ usage: { total: Number.MAX_SAFE_INTEGER } });
    expect(status['free']).toHaveLength(32);
    expect(status['free']).toEqual(expect.arrayContaining(['2001:db8::2', '2001:db8::4']));
  });

  it('lists the first addresses with their owners, for tools that look there', async () => {
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.20'] });
    await hold(admin, name, '192.168.1.11', '192.168.1.10');
    const status = await untilStatus(admin, name, ({ ipAddresses }) => objectsIn(ipAddresses).length === 2);
    const pod = { namespace: 'default', name: 'web-0', containerID: 'c0ffee', ifName: 'net1' };
    expect(status['ipAddresses']).toEqual([
      { ipAddress: '192.168.1.10', phase: 'Allocated', owner: { pod } },
      { ipAddress: '192.168.1.11', phase: 'Allocated', owner: { pod } },
    ]);
  });

  it('warns before a pool is full, when it is, and tells when it is no more; each once as an Event', async () => {
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.19'] });
    const all = Array.from({ length: 10 }, (_, index) => `192.168.1.1${index}`);
    await hold(admin, name, ...all.slice(0, 9));
    const nearly = await untilStatus(admin, name, (status) => conditionOf(status, 'NearlyFull') === 'True');
    expect(conditionOf(nearly, 'Exhausted')).toBe('False');
    await hold(admin, name, ...all.slice(9));
    await untilStatus(admin, name, (status) => conditionOf(status, 'Exhausted') === 'True');
    await release(admin, name, ...all);
    await untilStatus(admin, name, (status) => conditionOf(status, 'NearlyFull') === 'False');
    const told = async (): Promise<boolean> => {
      seen = (await eventsOf(admin, name)).toSorted();
      return seen.length >= expected.length;
    };
    let seen: readonly string[] = [];
    const expected = ['Normal EnoughFree', 'Normal SomeFree', 'Warning Exhausted', 'Warning NearlyFull'];
    await until(told, { what: 'Events', everyMs: 50 }).catch(() => undefined);
    expect(seen).toEqual(expected);
  });

  it('says of both pools that they overlap, until one of them is gone', async () => {
    const spec = { ranges: ['172.16.0.10-172.16.0.20'], gateway: '172.16.0.1', vlan: 5 };
    const one = await newPool(admin, spec);
    const two = await newPool(admin, { ...spec, ranges: ['172.16.0.20-172.16.0.30'] });
    const otherVLAN = await newPool(admin, { ...spec, vlan: 6 });
    for (const name of [one, two])
      await untilStatus(admin, name, (status) => conditionOf(status, 'Overlaps') === 'True');
    await untilStatus(admin, otherVLAN, (status) => conditionOf(status, 'Overlaps') === 'False');
    accepted(await admin.remove(`${poolPath('v1beta1')}/${two}`));
    await untilStatus(admin, one, (status) => conditionOf(status, 'Overlaps') === 'False');
  });

  it('tells of addresses that lie in no range', async () => {
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.19'] });
    await hold(admin, name, '192.168.1.99');
    const status = await untilStatus(admin, name, (seen) => conditionOf(seen, 'OutOfRange') === 'True');
    expect(JSON.stringify(status['conditions'])).toContain('192.168.1.99');
    expect(status).toMatchObject({ usage: { used: 1, total: 10 }, free: ['192.168.1.10-192.168.1.19'] });
  });

  it('says what is wrong with a pool that came before the policies, until that is mended', async () => {
    const binding = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/antrea-cni-pools';
    accepted(await admin.remove(binding));
    const path = `${poolPath('v1beta1')}/early`;
    const early = { ...manifest({ name: 'early', ranges: ['192.168.1.10-192.168.1.19'], gateway: '10.0.0.1' }) };
    const isTaken = async (): Promise<boolean> => (await admin.post(poolPath('v1beta1'), early)).status === 201;
    await until(isTaken, { what: 'a pool that no policy refuses' });
    const status = await untilStatus(admin, 'early', (seen) => conditionOf(seen, 'Invalid') === 'True');
    expect(JSON.stringify(status['conditions'])).toContain('is not in the subnet 10.0.0.1/24');
    const told = async (): Promise<boolean> => (await eventsOf(admin, 'early')).includes('Warning Invalid');
    await until(told, { what: 'an Event' });
    accepted(await admin.patch(path, { spec: { ipRanges: [{ start: '10.0.0.10', end: '10.0.0.19' }] } }));
    await applyFile(admin, 'deploy/policies.yaml');
    const mended = await untilUsed(admin, 'early', 0);
    expect(conditionOf(mended, 'Invalid')).toBe('False');
  });

  it('follows the spec: a range that is added is free at once', async () => {
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.19'] });
    await untilUsed(admin, name, 0);
    const ipRanges = [{ start: '192.168.1.10', end: '192.168.1.19' }, { cidr: '192.168.1.128/30' }];
    accepted(await admin.patch(`${poolPath('v1beta1')}/${name}`, { spec: { ipRanges } }));
    await untilStatus(admin, name, ({ usage }) => isObject(usage) && usage['total'] === 13);
  });

  it('keeps conditions that somebody else has set', async () => {
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.19'] });
    const conditions = objectsIn((await untilUsed(admin, name, 0))['conditions']);
    const theirs = {
      type: 'Audited',
      status: 'True',
      reason: 'ByHand',
      message: 'm',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    accepted(
      await admin.patch(`${poolPath('v1beta1')}/${name}/status`, { status: { conditions: [...conditions, theirs] } }),
    );
    await hold(admin, name, '192.168.1.10');
    const status = await untilUsed(admin, name, 1);
    expect(objectsIn(status['conditions']).find(({ type }) => type === 'Audited')).toEqual(theirs);
  });

  it('is written with no more requests than one a second and pool, whatever happens meanwhile', async () => {
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.200'] });
    await untilUsed(admin, name, 0);
    const began = Date.now();
    for (let index = 10; index < 200; index++) await hold(admin, name, `192.168.1.${index}`);
    await untilUsed(admin, name, 190);
    const seconds = (Date.now() - began) / 1000;
    const writes = bed.cluster.audit().filter((event) => event.resource === 'ippools/status' && event.name === name);
    expect(writes.filter(({ at }) => at >= began).length).toBeLessThanOrEqual(Math.ceil(seconds) + 2);
  });

  it('guards a pool with the finalizer, and lets a deleted one go when its last address is free', async () => {
    const path = await deletedWhileHeld(admin, '192.168.1.10');
    const name = path.slice(path.lastIndexOf('/') + 1);
    await untilUsed(admin, name, 1);
    expect((await admin.get(path)).status).toBe(200);
    await release(admin, name, '192.168.1.10');
    await until(async () => (await admin.get(path)).status === 404, { what: `the end of ${name}` });
  });

  it('has figures for Prometheus', async () => {
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.19'] });
    await hold(admin, name, '192.168.1.10');
    await untilUsed(admin, name, 1);
    for (const [what, value] of [
      ['total', 10],
      ['used', 1],
      ['free', 9],
    ] as const)
      expect(await controller.metric(`antrea_ippool_addresses_${what}{pool="${name}"}`)).toBe(value);
    expect(await controller.metric('antrea_ipallocations')).toBeGreaterThan(0);
  });

  it('is left alone when nothing changes', async () => {
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.19'] });
    const before = await untilUsed(admin, name, 0);
    const other = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.19'], vlan: 77 });
    await untilUsed(admin, other, 0);
    expect(await statusOf(admin, name)).toEqual(before);
  });
});

/** As kubectl gets them. */
async function eventsOf(admin: Api, name: string): Promise<readonly string[]> {
  const selector = encodeURIComponent(`involvedObject.kind=IPPool,involvedObject.name=${name}`);
  const events = await admin.list(`/api/v1/namespaces/default/events?fieldSelector=${selector}`);
  return events.map(({ type, reason }) => `${String(type)} ${String(reason)}`);
}

/** A plugin that allocates just when a pool is deleted: before the status tells, and the deletion would be refused. */
async function deletedWhileHeld(admin: Api, address: string): Promise<string> {
  for (;;) {
    const name = await newPool(admin, { ranges: ['192.168.1.10-192.168.1.19'] });
    const path = `${poolPath('v1beta1')}/${name}`;
    await until(async () => (await admin.get(path)).text.includes(finalizer), { what: 'the finalizer' });
    await hold(admin, name, address);
    if ((await admin.remove(path)).status === 200) return path;
  }
}

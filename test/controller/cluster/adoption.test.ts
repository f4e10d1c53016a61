import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accepted, type Api } from '../../cluster/api.ts';
import { makePod, metadataOf, uidOf } from '../../cluster/objects.ts';
import { allocationPath, finalizer, makePool, pool, type PoolSpecOptions } from '../../cluster/pools.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { isObject, objectsIn, type JsonObject } from '../../fixture/json.ts';
import { uniqueName } from '../../fixture/unique.ts';
import { until } from '../../fixture/until.ts';
import { openBed, type Bed } from './bed.ts';

const tools = await findClusterTools();
let bed: Bed;
let admin: Api;
let node: string;

describe.skipIf(tools.dir === undefined)('addresses that another controller wrote into a pool', () => {
  beforeAll(async () => {
    bed = await openBed();
    ({ admin } = bed.cluster);
  });
  beforeEach(async () => {
    ({ node } = await bed.kubelet());
  });
  afterEach(() => bed.release());
  afterAll(() => bed.stop());

  it('become allocations of the Pods that hold them, and an Event says so', async () => {
    const pod = await runPod();
    const { path, name } = await poolWith([
      entry('192.168.1.10', { pod: { ...ownerOf(pod), containerID: 'c0ffee', ifName: 'net1' } }),
      entry('192.168.1.11', { pod: { ...ownerOf(pod), containerID: 'c0ffee' } }),
    ]);
    await bed.controller();
    expect(await untilAdopted(path)).toMatchObject({
      reason: 'Adopted',
      message: '2 addresses of another controller were taken over',
    });
    const owner = { ...ownerOf(pod), uid: uidOf(pod), node, containerID: 'c0ffee' };
    expect(await specsOf(name)).toMatchObject([
      { address: '192.168.1.10', phase: 'Allocated', owner: { pod: { ...owner, ifName: 'net1' } } },
      { address: '192.168.1.11', phase: 'Allocated', owner: { pod: { ...owner, ifName: 'eth0' } } },
    ]);
    await until(async () => (await notesOn(name)).length === 1, { what: 'an Event' });
    await until(async () => usedOf(await statusOf(path)) === 2, { what: 'a status that counts them' });
  });

  it('are reported where they cannot be taken over as they are, and the others are nevertheless', async () => {
    const [pod, other] = [await runPod(), await runPod()];
    const statefulSet = { namespace: 'default', name: 'db', index: 0 };
    const { path, name } = await poolWith([
      entry('192.168.1.10', { pod: ownerOf(pod) }),
      entry('192.168.1.10', { pod: ownerOf(other) }),
      { ...entry('192.168.1.11', { statefulSet }), phase: 'Reserved' },
      entry('192.168.9.1', { pod: ownerOf(pod) }),
      entry('nonsense', { pod: ownerOf(pod) }),
      entry('192.168.1.12', {}),
      entry('192.168.1.13', { pod: { ...ownerOf(pod), ifName: 'a-name-that-no-interface-can-have' } }),
      entry('192.168.1.14', { pod: { ...ownerOf(pod), containerID: 'mine' } }),
    ]);
    const theirs = {
      namespace: 'default',
      name: 'new',
      uid: uidOf(other),
      containerID: 'theirs',
      ifName: 'net1',
      node,
    };
    accepted(await admin.post(allocationPath, allocationOf(name, '192.168.1.14', theirs)));
    await bed.controller();
    const { reason, message } = await untilAdopted(path);
    expect(reason).toBe('AdoptedWithProblems');
    for (const part of [
      '3 addresses of another controller were taken over, 1 of them reserved',
      `192.168.1.10 is there twice, for Pod default/${metadataOf(pod, 'name')} and Pod default/`,
      'ipAddresses[4] has no IP address: "nonsense"',
      'ipAddresses[5] 192.168.1.12 has no owner',
    ])
      expect(message).toContain(part);
    const specs = await specsOf(name);
    expect(specs.map(({ address, phase }) => [address, phase])).toStrictEqual([
      ['192.168.1.10', 'Allocated'],
      ['192.168.1.11', 'Reserved'],
      ['192.168.1.14', 'Allocated'],
      ['192.168.9.1', 'Allocated'],
    ]);
    expect(specs[0]).toMatchObject({ owner: { pod: { uid: uidOf(pod) } } });
    expect(specs[1]).toMatchObject({ owner: { statefulSet } });
    expect(specs[2]).toMatchObject({ owner: { pod: { containerID: 'theirs' } } });
  });

  it('of a static Pod become its own, whatever becomes of the Pod that stands for it', async () => {
    const hash = '5d41402abc4b2a76b9719d911017c592';
    const annotations = { 'kubernetes.io/config.hash': hash };
    const standIn = await makePod(admin, { namespace: 'default', name: uniqueName('static-'), node, annotations });
    const { path, name } = await poolWith([entry('192.168.1.10', { pod: ownerOf(standIn) })]);
    await bed.controller();
    await untilAdopted(path);
    expect(await specsOf(name)).toMatchObject([{ owner: { pod: { uid: hash, node } } }]);
  });

  it('of a Pod that is gone are kept, for its sandbox may run, and freed in the end', async () => {
    const waiting = await makePod(admin, { namespace: 'default', name: uniqueName('waiting-') });
    const { path, name } = await poolWith([
      entry('192.168.1.10', { pod: { namespace: 'default', name: 'gone' } }),
      // The one before it had the address: this one does not run anywhere yet.
      entry('192.168.1.11', { pod: ownerOf(waiting) }),
    ]);
    const lostNodeAfter = 2500;
    const controller = await bed.controller({ cleanup: { grace: 0, lostNodeAfter } });
    const begun = performance.now();
    await untilAdopted(path);
    await controller.sweeps(5);
    const kept = await specsOf(name);
    // That time may be over by now, on a busy machine.
    if (performance.now() - begun < lostNodeAfter) expect(kept).toHaveLength(2);
    await until(async () => (await specsOf(name)).length === 0, { what: 'an empty pool' });
    expect(performance.now() - begun).toBeGreaterThan(lostNodeAfter);
  });

  it('are taken over by the next controller when the first one is interrupted, and shown all the while', async () => {
    const pod = await runPod();
    const addresses = Array.from(
      { length: 800 },
      (_, index) => `192.168.${1 + Math.floor(index / 200)}.${2 + (index % 200)}`,
    );
    const entries = addresses.map((address, index) =>
      entry(address, { pod: { ...ownerOf(pod), containerID: `c${index}`, ifName: 'net1' } }),
    );
    const { path, name } = await poolWith(entries);
    const first = await bed.controller();
    await until(async () => (await specsOf(name)).length > 10, { what: 'some that are taken over', everyMs: 1 });
    await first.stop();
    const status = await statusOf(path);
    expect((await specsOf(name)).length).toBeLessThan(entries.length);
    expect(status['ipAddresses']).toStrictEqual(entries);
    expect(adoptedIn(status)).toBeUndefined();
    await bed.controller();
    expect(await untilAdopted(path)).toMatchObject({
      reason: 'Adopted',
      message: '800 addresses of another controller were taken over',
    });
    expect(new Set((await specsOf(name)).map(({ address }) => address))).toStrictEqual(new Set(addresses));
  });

  it('are taken over once: what somebody writes there later is nobody’s', async () => {
    const pod = await runPod();
    const { path, name } = await poolWith([]);
    await bed.controller();
    await untilAdopted(path);
    const late = entry('192.168.1.10', { pod: ownerOf(pod) });
    accepted(await admin.patch(`${path}/status`, { status: { ipAddresses: [late] } }));
    await until(async () => (await statusOf(path))['ipAddresses'] !== undefined, { what: 'a status' });
    await until(async () => objectsIn((await statusOf(path))['ipAddresses']).length === 0, {
      what: 'a status without it',
    });
    expect(await specsOf(name)).toStrictEqual([]);
  });

  it('hold a pool that is being deleted, until they are freed', async () => {
    const pod = await runPod();
    const { path, name } = await poolWith([entry('192.168.1.10', { pod: ownerOf(pod) })]);
    accepted(await admin.patch(path, { metadata: { finalizers: [finalizer] } }));
    accepted(await admin.remove(path));
    await bed.controller({ cleanup: { grace: 200 } });
    await untilAdopted(path);
    expect(await specsOf(name)).toHaveLength(1);
    await bed.kill({ pod, path, object: pod, isHeld: async () => true });
    await until(async () => (await admin.get(path)).status === 404, { what: 'the end of the pool' });
    expect(await specsOf(name)).toStrictEqual([]);
  });
});

async function runPod(): Promise<JsonObject> {
  return makePod(admin, { namespace: 'default', name: uniqueName('web-'), node });
}

function ownerOf(pod: JsonObject): { readonly namespace: string; readonly name: string } {
  return { namespace: 'default', name: metadataOf(pod, 'name') };
}

function entry(ipAddress: string, owner: object): JsonObject {
  return { ipAddress, phase: 'Allocated', owner };
}

const spec: PoolSpecOptions = { ranges: ['192.168.1.2-192.168.5.250'], prefixLength: 16 };
let vlan = 0;

/** A pool as another controller left it. */
async function poolWith(ipAddresses: readonly JsonObject[]): Promise<{ readonly path: string; readonly name: string }> {
  vlan += 1;
  const { path, object } = await makePool(admin, pool({ ...spec, vlan }));
  if (ipAddresses.length > 0) accepted(await admin.patch(`${path}/status`, { status: { ipAddresses } }));
  return { path, name: metadataOf(object, 'name') };
}

function allocationOf(name: string, address: string, owner: object): object {
  return {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'IPAllocation',
    metadata: { name: `${name}.${address}` },
    spec: { pool: name, poolUID: 'a', address, phase: 'Allocated', owner: { network: 'a', pod: owner } },
  };
}

async function statusOf(path: string): Promise<JsonObject> {
  const { status } = accepted(await admin.get(path));
  return isObject(status) ? status : {};
}

function usedOf({ usage }: JsonObject): unknown {
  return isObject(usage) ? usage['used'] : undefined;
}

function adoptedIn({ conditions }: JsonObject): JsonObject | undefined {
  return objectsIn(conditions).find(({ type }) => type === 'Adopted');
}

async function untilAdopted(path: string): Promise<JsonObject> {
  return until(async () => adoptedIn(await statusOf(path)), { what: `the condition Adopted of ${path}`, everyMs: 20 });
}

/** In the order of names. */
async function specsOf(name: string): Promise<readonly JsonObject[]> {
  const objects = await admin.list(`${allocationPath}?fieldSelector=spec.pool=${name}`);
  return objectsIn(objects.map((object) => object['spec']));
}

async function notesOn(name: string): Promise<readonly unknown[]> {
  const events = await admin.list('/apis/events.k8s.io/v1/namespaces/default/events');
  const own = events.filter(
    ({ regarding, reason }) => isObject(regarding) && regarding['name'] === name && reason === 'Adopted',
  );
  return own.map(({ note }) => note);
}

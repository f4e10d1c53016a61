import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createCnitool } from '../fixture/cnitool.ts';
import { findCnitool } from '../fixture/go-tool.ts';
import { objectsIn, type JsonObject } from '../fixture/json.ts';
import { ipsOf, resultOf, succeeded } from '../fixture/outcome.ts';
import { createResources } from '../fixture/resources.ts';
import { antreaExecutable, createRuntime, debianPlugins } from '../fixture/runtime.ts';
import { uniqueName } from '../fixture/unique.ts';
import {
  attachment,
  forgetResults,
  hostInterfaceOf,
  ipam,
  network,
  noTraces,
  reaches,
  refusal,
  startBed,
  type Bed,
} from './bed.ts';

const found = await findCnitool();

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
  await bed.applyPools(
    { name: 'four', ranges: ['10.10.1.10-10.10.1.60'], gateway: '10.10.1.1', vlan: 100 },
    { name: 'primary', ranges: ['10.50.0.10-10.50.0.60'], gateway: '10.50.0.1' },
  );
});
afterAll(() => bed.stop());
const resources = createResources();
afterEach(resources.release);

function listOf(...plugins: readonly JsonObject[]) {
  const name = uniqueName('net-');
  resources.defer(() => forgetResults(name));
  return { cniVersion: '1.0.0', name, plugins };
}

/** What a list's plugins have in common belongs to the list. */
function plugin(more: object): JsonObject {
  const { cniVersion: _, name: __, ...rest } = network(more);
  return rest;
}

describe('after another plugin', () => {
  const bridge = {
    type: 'bridge',
    bridge: 'cni0',
    isDefaultGateway: true,
    ...ipam('primary'),
  };

  it('the result has what that one made, and then ours; CHECK and DEL keep to our own', async () => {
    const pod = await bed.pod();
    const primary = createRuntime({
      node: bed.node,
      executable: join(debianPlugins, 'bridge'),
      path: [dirname(antreaExecutable()), debianPlugins],
    });
    const first = attachment(pod, { cniVersion: '1.0.0', name: 'cluster', ...bridge }, { ifname: 'eth0' });
    const before = resultOf(await primary.add(first));
    const routes = [{ dst: '192.168.0.0/16' }];
    const conf = network({ cniVersion: '1.0.0', ipam: { ...ipam('four').ipam, routes } });
    const ours = attachment(pod, conf, { prevResult: before });
    const added = await bed.runtime.add(ours);
    const result = resultOf(added);
    const [, , , hostInterface] = objectsIn(result['interfaces']);
    expect(result['interfaces']).toStrictEqual([
      ...objectsIn(before['interfaces']),
      { name: hostInterface?.['name'], mac: hostInterface?.['mac'] },
      expect.objectContaining({ name: 'net1', sandbox: pod.path }),
    ]);
    expect(result['ips']).toStrictEqual([
      ...objectsIn(before['ips']),
      { interface: 4, address: '10.10.1.10/24', gateway: '10.10.1.1' },
    ]);
    expect(result['routes']).toStrictEqual([{ dst: '0.0.0.0/0', gw: '10.50.0.1' }, ...routes]);
    succeeded(await bed.runtime.check({ ...ours, prevResult: result }));
    await pod.exec('ip', 'route', 'del', '192.168.0.0/16');
    expect(refusal(await bed.runtime.check({ ...ours, prevResult: result }))).toContain('the route to 192.168.0.0/16');
    succeeded(await bed.runtime.del({ ...ours, prevResult: result }));
    expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo', 'eth0']);
    expect(await bed.held()).toStrictEqual(['primary/10.50.0.10']);
    succeeded(await primary.del(first));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it.skipIf(found.path === undefined)(
    'which has made the interface already: an error that says so, and DEL of the list removes everything',
    async () => {
      const list = listOf(bridge, plugin(ipam('four')));
      const cnitool = await resources.use(createCnitool({ cnitool: found.path ?? '', node: bed.node }));
      cnitool.configure(list);
      const pod = await bed.pod();
      const wanted = { netns: pod.path, ifname: 'net1' };
      expect((await cnitool.add(list.name, wanted)).stderr).toContain('the interface net1 exists already');
      expect((await bed.traces()).ports).toStrictEqual([]);
      expect(await bed.held()).toStrictEqual(['primary/10.50.0.10']);
      succeeded(await cnitool.del(list.name, wanted));
      expect(await bed.traces()).toStrictEqual(noTraces);
    },
  );
});

describe.skipIf(found.path === undefined)('before tuning', () => {
  it('in one list of the real cnitool: ADD, CHECK, DEL', async () => {
    const tuning = { type: 'tuning', sysctl: { 'net.ipv4.conf.net1.log_martians': '1' } };
    const list = listOf(plugin(ipam('four')), tuning);
    const cnitool = await resources.use(createCnitool({ cnitool: found.path ?? '', node: bed.node }));
    cnitool.configure(list);
    const [one, two] = [await bed.pod(), await bed.pod()];
    const wanted = { netns: one.path, ifname: 'net1' };
    const added = await cnitool.add(list.name, wanted);
    expect(ipsOf(added)).toStrictEqual(['10.10.1.10/24']);
    expect(await bed.port(hostInterfaceOf(added))).toMatchObject({ tag: 100 });
    expect(await one.exec('cat', '/proc/sys/net/ipv4/conf/net1/log_martians')).toBe('1');
    succeeded(await cnitool.add(list.name, { netns: two.path, ifname: 'net1' }));
    expect(await reaches(two, '10.10.1.10')).toBe(true);
    succeeded(await cnitool.check(list.name, wanted));
    succeeded(await cnitool.del(list.name, wanted));
    succeeded(await cnitool.del(list.name, { netns: two.path, ifname: 'net1' }));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

describe.skipIf(found.path === undefined)('GC and STATUS by the real cnitool', () => {
  it('STATUS is silent; GC, for which cnitool names no valid attachments, is refused', async () => {
    const list = { ...listOf(plugin(ipam('four'))), cniVersion: '1.1.0' };
    const cnitool = await resources.use(createCnitool({ cnitool: found.path ?? '', node: bed.node }));
    cnitool.configure(list);
    const [known, unknown] = [await bed.pod(), await bed.pod()];
    const wanted = { netns: known.path, ifname: 'net1' };
    succeeded(await cnitool.status(list.name, wanted));
    succeeded(await cnitool.add(list.name, wanted));
    const other = attachment(unknown, network({ name: list.name, ...ipam('four') }));
    const name = hostInterfaceOf(await bed.runtime.add(other));
    // Its library deletes first what it has in its own cache.
    expect((await cnitool.gc(list.name, wanted)).stderr).toContain('cni.dev/valid-attachments is missing');
    expect(await bed.traces()).toMatchObject({ ports: [name], links: [name], held: ['four/10.10.1.11'] });
    succeeded(await bed.runtime.del(other));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

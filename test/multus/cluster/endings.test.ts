import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../fixture/json.ts';
import { errorOf, succeeded } from '../../fixture/outcome.ts';
import type { ClusterPod } from '../../plugin/cluster/pod.ts';
import { noTraces } from '../../plugin/cluster/traces.ts';
import { ours, startMultusBed, type MultusBed } from './bed.ts';
import { findMultus } from './multus.ts';

const multus = await findMultus();

function vlan(...ippools: readonly string[]): JsonObject {
  return { cniVersion: '1.1.0', type: ours, networkType: 'vlan', ipam: { type: ours, ippools } };
}

describe.skipIf(multus.reason !== undefined)('a Pod that Multus attaches', () => {
  let bed: MultusBed;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
    await bed.applyPools(
      { name: 'four', ranges: ['10.60.0.0/24'], gateway: '10.60.0.1', vlan: 60 },
      { name: 'six', ranges: ['fd00:60::/64'], gateway: 'fd00:60::1', prefixLength: 64, vlan: 60 },
      { name: 'one', ranges: ['10.61.0.9-10.61.0.9'], gateway: '10.61.0.1' },
    );
    await bed.applyNetworks({ dual: vlan('four', 'six'), single: vlan('one') });
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  async function attached(networks: string): Promise<ClusterPod> {
    const pod = await bed.pod({ networks });
    succeeded(await bed.add(pod));
    return pod;
  }

  async function leavesNothing(pod: ClusterPod): Promise<void> {
    succeeded(await bed.del(pod));
    expect(await bed.traces()).toStrictEqual(noTraces);
  }

  it('may be deleted again and again', async () => {
    const pod = await attached('dual,dual@data0');
    for (let times = 0; times < 3; times++) await leavesNothing(pod);
  });

  it('may be deleted without ever having been attached', async () => {
    await leavesNothing(await bed.pod({ networks: 'dual' }));
  });

  it('is not attached at all when its object is gone: Multus says that all is well', async () => {
    const pod = await bed.pod({ networks: 'dual' });
    await pod.forget();
    succeeded(await bed.add(pod));
    expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
    await leavesNothing(pod);
  });

  it.each<{ what: string; lose: (pod: ClusterPod) => Promise<unknown> }>([
    { what: 'its object', lose: (pod) => pod.forget() },
    { what: 'its sandbox', lose: (pod) => pod.remove() },
    { what: 'its object and its sandbox', lose: (pod) => Promise.all([pod.forget(), pod.remove()]) },
    {
      what: 'the network',
      lose: () =>
        bed.cluster.admin.remove('/apis/k8s.cni.cncf.io/v1/namespaces/shop/network-attachment-definitions/mortal'),
    },
  ])('leaves nothing when $what is gone before DEL', async ({ lose }) => {
    await bed.applyNetworks({ mortal: vlan('four', 'six') });
    const pod = await attached('mortal');
    expect(await bed.held()).toHaveLength(2);
    await lose(pod);
    await leavesNothing(pod);
    await leavesNothing(pod);
  });

  it('gets none of its networks when one of them has no address left: nothing is kept of the others', async () => {
    const holder = await attached('single');
    const pod = await bed.pod({ networks: 'dual,single,dual' });
    const before = await bed.traces();
    const { msg } = errorOf(await bed.add(pod));
    expect(msg).toContain(`[shop/${pod.podName}/${pod.uid}:single]: error adding container to network "single": `);
    expect(msg).toContain('no IPv4 address is free: exhausted pool one (all 1 addresses are held)');
    expect(await bed.traces()).toStrictEqual(before);
    expect((await pod.links()).map(({ ifname }) => ifname)).toStrictEqual(['lo']);
    succeeded(await bed.del(pod));
    await leavesNothing(holder);
    succeeded(await bed.add(pod));
    await leavesNothing(pod);
  });

  it('gets its addresses once the pool is made that was missing', async () => {
    await bed.applyNetworks({ early: vlan('late') });
    const pod = await bed.pod({ networks: 'early' });
    expect(errorOf(await bed.add(pod)).msg).toContain('pool late does not exist in');
    succeeded(await bed.del(pod));
    await bed.applyPools({ name: 'late', ranges: ['10.62.0.0/24'], gateway: '10.62.0.1' });
    succeeded(await bed.add(pod));
    await leavesNothing(pod);
  });

  it.each([
    { conf: { vlan: 4095 }, says: 'vlan 4095' },
    { conf: { networkType: 'sriov' }, says: 'networkType "sriov"' },
    { conf: { networkType: undefined }, says: 'networkType' },
    { conf: { bridge: 'br-other' }, says: 'bridge br-other is not open' },
    { conf: { mtu: -1 }, says: 'mtu -1' },
    { conf: { capabilities: { bandwidth: true } }, says: 'capabilities.bandwidth is not supported' },
    { conf: { ipam: { type: 'host-local', dataDir: '/x' } }, says: 'an administrator can allow it with allowPaths' },
  ])('is told by Multus what is wrong with a network: $conf', async ({ conf, says }) => {
    await bed.applyNetworks({ wrong: { ...vlan('four'), ...conf } });
    const pod = await bed.pod({ networks: 'wrong' });
    expect(errorOf(await bed.add(pod)).msg).toContain(says);
    await leavesNothing(pod);
  });

  it('that comes again under its name holds addresses of its own; the late DEL of its first life frees the old ones', async () => {
    const old = await attached('dual');
    const ofOld = await bed.held();
    await old.forget();
    const next = await bed.pod({ name: old.podName, networks: 'dual' });
    expect(next.uid).not.toBe(old.uid);
    succeeded(await bed.add(next));
    const ofNext = (await bed.held()).filter((one) => !ofOld.includes(one));
    expect(ofNext).toHaveLength(2);

    succeeded(await bed.del(old));
    expect(await bed.held()).toStrictEqual(ofNext);
    for (const { owner } of await bed.allocations()) {
      expect(owner).toMatchObject({ pod: { uid: next.uid, containerID: next.containerId } });
    }
    expect((await next.links()).map(({ ifname }) => ifname)).toContain('net1');
    await leavesNothing(next);
  });

  it('whose sandbox is made anew holds what the new one has, once the old one is deleted', async () => {
    const old = await attached('dual');
    const again = { ...(await bed.pod({ networks: 'dual' })), ...identityOf(old) };
    succeeded(await bed.add(again));
    expect(await bed.held()).toHaveLength(4);
    succeeded(await bed.del(old));
    const owners = (await bed.allocations()).map(({ owner }) => owner);
    const pod = { uid: old.uid, containerID: again.containerId };
    expect(owners).toMatchObject([{ pod }, { pod }]);
    await leavesNothing(again);
  });
});

/** The same Pod in another sandbox. */
function identityOf({ podName, uid, object, args }: ClusterPod) {
  return { podName, uid, object, args };
}

import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from '../../cluster/api.ts';
import { allocation } from '../../cluster/allocations.ts';
import { metadataOf, uidOf } from '../../cluster/objects.ts';
import { allocationPath, poolPath } from '../../cluster/pools.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import type { JsonObject } from '../../fixture/json.ts';
import { ipsOf, resultOf, succeeded } from '../../fixture/outcome.ts';
import type { Attachment } from '../../fixture/runtime.ts';
import { hostInterfaceOf, refusal } from '../../system/bed.ts';
import { startClusterBed, type ClusterBed } from './bed.ts';
import { four, network, six, wide } from './networks.ts';
import { interfaceOf } from './pod.ts';
import { noTraces } from './traces.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('the executable on a Node whose store is in the cluster', () => {
  let bed: ClusterBed;
  beforeAll(async () => {
    bed = await startClusterBed();
    accepted(await bed.cluster.admin.post(poolPath('v1alpha2'), four));
    await bed.applyPools(six, wide);
  });
  afterAll(() => bed?.stop());
  const wished: Attachment[] = [];
  afterEach(async () => {
    for (const wanted of wished.splice(0)) await bed.runtime.del(wanted);
  });

  /** `net1` of a new Pod. */
  async function wish(config: JsonObject): Promise<Attachment> {
    const wanted = interfaceOf(await bed.pod(), config);
    wished.push(wanted);
    return wanted;
  }

  const ofFour = { address: '10.90.0.9/24', gateway: '10.90.0.1' };
  const ofSix = { address: 'fd00:90::9/64', gateway: 'fd00:90::1' };

  it.each([
    { pools: ['four'], ips: [ofFour], names: ['four.10.90.0.9'] },
    { pools: ['six'], ips: [ofSix], names: ['six.fd00-0090-0000-0000-0000-0000-0000-0009'] },
    {
      pools: ['six', 'four'],
      ips: [ofSix, ofFour],
      names: ['four.10.90.0.9', 'six.fd00-0090-0000-0000-0000-0000-0000-0009'],
    },
  ])('attaches, checks and detaches with the pools $pools of both versions, on their VLAN', async (wanted) => {
    const one = await wish(network(...wanted.pools));
    const added = await bed.runtime.add(one);
    const prevResult = resultOf(added);
    expect(prevResult['ips']).toStrictEqual(wanted.ips.map((ip) => ({ interface: 1, ...ip })));
    expect(added.stderr).toBe('');
    expect(await bed.node.ovs.vsctl('get', 'port', hostInterfaceOf(added), 'tag')).toBe('90');
    const objects = await bed.cluster.admin.list(allocationPath);
    expect(objects.map((object) => metadataOf(object, 'name'))).toStrictEqual(wanted.names);
    succeeded(await bed.runtime.check({ ...one, prevResult }));
    for (const time of ['first', 'second']) {
      expect(await bed.runtime.del(one), time).toMatchObject({ code: 0, stdout: '', stderr: '' });
    }
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('writes into each allocation which pool it is from, by UID', async () => {
    succeeded(await bed.runtime.add(await wish(network('four', 'six'))));
    const { admin } = bed.cluster;
    const pools = await Promise.all(['four', 'six'].map((name) => admin.get(`${poolPath('v1beta1')}/${name}`)));
    const uids = (await bed.allocations()).map(({ poolUID }) => poolUID);
    expect(uids).toStrictEqual(pools.map((answer) => uidOf(accepted(answer))));
  });

  it('asks the API server three times for an ADD, once for a DEL, and never for a list', async () => {
    const requests = async () =>
      (await bed.cluster.audited()).filter(({ user }) => user === 'system:serviceaccount:antrea-cni:plugin');
    const before = (await requests()).length;
    const wanted = await wish(network('four'));
    succeeded(await bed.runtime.add(wanted));
    succeeded(await bed.runtime.del(wanted));
    expect((await requests()).slice(before).map(({ verb, resource }) => `${verb} ${resource}`)).toStrictEqual([
      'get ippools',
      'create ipallocations',
      'get ippools',
      'delete ipallocations',
    ]);
  });

  it('CHECK names an address that is not held any more', async () => {
    const wanted = await wish(network('four', 'six'));
    const prevResult = resultOf(await bed.runtime.add(wanted));
    accepted(await bed.cluster.admin.remove(`${allocationPath}/four.10.90.0.9`));
    expect(refusal(await bed.runtime.check({ ...wanted, prevResult }))).toMatch(
      /^103: 10\.90\.0\.9\/24 is not allocated/u,
    );
  });

  it('frees by DEL what it holds although the journal is lost', async () => {
    const wanted = await wish(network('four', 'six'));
    succeeded(await bed.runtime.add(wanted));
    rmSync(`${bed.node.dataDir}/attachments`, { recursive: true });
    succeeded(await bed.runtime.del(wanted));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('GC removes what is not valid, without the journal too, and leaves other Nodes and networks alone', async () => {
    const [valid, stale] = [await wish(network('wide')), await wish(network('wide'))];
    const other = await wish({ ...network('wide'), name: 'other' });
    const [kept, , neighbour] = [
      await bed.runtime.add(valid),
      await bed.runtime.add(stale),
      await bed.runtime.add(other),
    ];
    accepted(await bed.cluster.admin.post(allocationPath, elsewhere));
    rmSync(`${bed.node.dataDir}/attachments`, { recursive: true });
    const list = [{ containerID: valid.containerId, ifname: valid.ifname }];
    const config = { ...network('wide'), 'cni.dev/valid-attachments': list };
    succeeded(await bed.runtime.call('GC', { config }));
    const remaining = [kept, neighbour].flatMap(ipsOf).map((cidr) => `wide/${cidr.replace('/16', '')}`);
    expect(await bed.held()).toStrictEqual([...remaining, 'wide/10.91.255.1'].toSorted());
    expect(await bed.node.ovs.ports(bed.node.bridge)).toStrictEqual([kept, neighbour].map(hostInterfaceOf).toSorted());
    accepted(await bed.cluster.admin.remove(`${allocationPath}/wide.10.91.255.1`));
  });

  it.each([
    { pools: ['four', 'six'], says: undefined },
    { pools: ['missing'], says: /^50: pool missing does not exist in https:/u },
  ])('STATUS of a network with the pools $pools', async ({ pools, says }) => {
    const answer = await bed.runtime.call('STATUS', { config: network(...pools) });
    if (says === undefined) succeeded(answer);
    else expect(refusal(answer)).toMatch(says);
  });
});

/** Of the same network, on another Node. */
const elsewhere = (() => {
  const { spec, ...object } = allocation({ pool: 'wide', address: '10.91.255.1', node: 'node-2' });
  return { ...object, spec: { ...spec, owner: { ...spec.owner, network: 'vlan90' } } };
})();

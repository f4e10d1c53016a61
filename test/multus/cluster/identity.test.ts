import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { objectsIn, textAt, type JsonObject } from '../../fixture/json.ts';
import { errorOf, resultOf, succeeded } from '../../fixture/outcome.ts';
import { noTraces } from '../../plugin/cluster/traces.ts';
import { ours, startMultusBed, type MultusBed } from './bed.ts';
import { findMultus } from './multus.ts';

const multus = await findMultus();

const vlan: JsonObject = {
  cniVersion: '1.1.0',
  type: ours,
  networkType: 'vlan',
  ipam: { type: ours, ippools: ['four'] },
};

describe.skipIf(multus.reason !== undefined)('under Multus, whose an address is', () => {
  let bed: MultusBed;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
    await bed.applyPools({ name: 'four', ranges: ['10.95.0.0/24'], gateway: '10.95.0.1' });
    await bed.applyNetworks({ vlan, 'named-otherwise': { ...vlan, name: 'blue' } });
    await bed.applyNetworks({ first: vlan }, 'kube-system');
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  /** By network. */
  async function owners(): Promise<readonly JsonObject[]> {
    const all = objectsIn((await bed.allocations()).map(({ owner }) => owner));
    return all.toSorted((a, b) => networkOf(a).localeCompare(networkOf(b)));
  }

  it('says the name in the configuration, where it has one', async () => {
    const pod = await bed.pod({ networks: 'vlan,named-otherwise' });
    succeeded(await bed.add(pod));
    expect((await owners()).map(networkOf)).toStrictEqual(['blue', 'vlan']);
    succeeded(await bed.del(pod));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('says the UID that the kubelet gives to a static Pod, which is not that of its object', async () => {
    const hash = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
    const pod = await bed.pod({
      networks: 'vlan',
      annotations: { 'kubernetes.io/config.hash': hash, 'kubernetes.io/config.source': 'file' },
    });
    const mirrored = { ...pod, args: { ...pod.args, K8S_POD_UID: hash } };
    succeeded(await bed.add(mirrored));
    expect(await owners()).toMatchObject([{ pod: { uid: hash, name: pod.podName, containerID: pod.containerId } }]);
    succeeded(await bed.del(mirrored));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('is not the Pod of an older life: Multus attaches none whose UID is not that of the object', async () => {
    const pod = await bed.pod({ networks: 'vlan' });
    const older = { ...pod, args: { ...pod.args, K8S_POD_UID: '00000000-0000-4000-8000-000000000000' } };
    expect(errorOf(await bed.add(older)).msg).toContain('UID');
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('is the same for the first network of all Pods, where that is ours', async () => {
    const conf = { clusterNetwork: 'first', delegates: undefined };
    const pod = await bed.pod({ networks: 'vlan' });
    expect(resultOf(await bed.add(pod, conf))['ips']).toHaveLength(1);
    const who = { namespace: 'shop', name: pod.podName, uid: pod.uid };
    expect(await owners()).toMatchObject([
      { network: 'first', pod: { ...who, ifName: 'eth0' } },
      { network: 'vlan', pod: { ...who, ifName: 'net1' } },
    ]);
    const [primary] = await bed.networkStatus(pod);
    expect(primary).toMatchObject({ name: 'kube-system/first', interface: 'eth0', default: true });
    succeeded(await bed.del(pod, conf));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

function networkOf(owner: JsonObject): string {
  return textAt(owner, 'network') ?? '';
}

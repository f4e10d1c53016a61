import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, succeeded } from '../../fixture/outcome.ts';
import type { ClusterPod } from '../../plugin/cluster/pod.ts';
import { noTraces } from '../../plugin/cluster/traces.ts';
import { ours, startMultusBed, type MultusBed } from './bed.ts';
import { findMultus } from './multus.ts';

const multus = await findMultus();

describe.skipIf(multus.reason !== undefined)('while the API server is away', () => {
  let bed: MultusBed;
  beforeAll(async () => {
    bed = await startMultusBed(multus);
    await bed.applyPools({ name: 'four', ranges: ['10.70.0.0/24'], gateway: '10.70.0.1', vlan: 70 });
    const ipam = { type: ours, ippools: ['four'] };
    await bed.applyNetworks({
      vlan70: { cniVersion: '1.1.0', type: ours, networkType: 'vlan', ipam },
      bridge: { cniVersion: '1.0.0', type: 'bridge', bridge: 'br0', ipam },
    });
  });
  afterEach(async () => {
    await bed.restart();
    await bed.reset();
  });
  afterAll(() => bed?.stop());

  const tryAgain = /of pool four could not be released: the API server .* did not answer .*: try again later/u;

  it('ADD fails and leaves nothing; the next one succeeds', async () => {
    const pod = await bed.pod({ networks: 'vlan70' });
    await bed.killServer();
    expect(errorOf(await bed.add(pod)).msg).toContain('connection refused');
    expect(await links(pod)).toStrictEqual(['lo']);
    await bed.restart();
    expect(await bed.traces()).toStrictEqual(noTraces);
    succeeded(await bed.add(pod));
    succeeded(await bed.del(pod));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('DEL removes the interfaces and says to try again; once it is back, DEL frees the address', async () => {
    const conf = { retryDeleteOnError: true };
    const pod = await bed.pod({ networks: 'vlan70' });
    succeeded(await bed.add(pod, conf));
    const held = await bed.held();
    await bed.killServer();
    for (let times = 0; times < 2; times++) {
      expect(errorOf(await bed.del(pod, conf)).msg).toMatch(tryAgain);
      expect(await links(pod)).toStrictEqual(['lo']);
      expect(await bed.node.ovs.ports(bed.node.bridge)).toStrictEqual([]);
    }
    await bed.restart();
    expect(await bed.traces()).toMatchObject({ ports: [], links: [], journal: [{}], held });
    // Multus has what it needs in its cache.
    await pod.forget();
    succeeded(await bed.del(pod, conf));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });

  it('DEL of another plugin that has our IPAM says the same, and frees the address once it is back', async () => {
    const conf = { retryDeleteOnError: true };
    const pod = await bed.pod({ networks: 'bridge' });
    succeeded(await bed.add(pod, conf));
    const held = await bed.held();
    await bed.killServer();
    expect(errorOf(await bed.del(pod, conf)).msg).toMatch(tryAgain);
    await bed.restart();
    expect(await bed.traces()).toMatchObject({ journal: [{}], held });
    succeeded(await bed.del(pod, conf));
    expect(await bed.traces()).toStrictEqual(noTraces);
    expect(await links(pod)).toStrictEqual(['lo']);
  });

  it('Multus without retryDeleteOnError asks us once only: the address stays held while the Pod is there', async () => {
    const pod = await bed.pod({ networks: 'vlan70' });
    succeeded(await bed.add(pod));
    const held = await bed.held();
    await bed.killServer();
    expect(errorOf(await bed.del(pod)).msg).toMatch(tryAgain);
    succeeded(await bed.del(pod));
    await bed.restart();
    expect(await bed.traces()).toMatchObject({ ports: [], links: [], journal: [{}], held });
    succeeded(await bed.del(pod));
    expect(await bed.traces()).toStrictEqual(noTraces);
  });
});

async function links(pod: ClusterPod): Promise<readonly string[]> {
  return (await pod.links()).map(({ ifname }) => ifname);
}

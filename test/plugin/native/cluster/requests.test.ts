import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { metadataOnly } from '../../../../src/kube/metadata-only.ts';
import { accepted } from '../../../cluster/api.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import { succeeded } from '../../../fixture/outcome.ts';
import { nothing, startNativeBed, type NativeBed } from './bed.ts';
import { prepareNetworks } from './networks.ts';

const tools = await findClusterTools();

describe.skipIf(tools.dir === undefined)('what a Pod without Multus asks of the API server', () => {
  let bed: NativeBed;
  beforeAll(async () => {
    bed = await startNativeBed();
    await prepareNetworks(bed);
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  /** Those of our ServiceAccount so far; without those about Events. */
  async function requestsOfOurs(): Promise<readonly string[]> {
    return (await bed.cluster.audited())
      .filter(({ user, resource }) => user === 'system:serviceaccount:antrea-cni:plugin' && resource !== 'events')
      .map(({ verb, resource, name }) => `${verb} ${resource} ${name}`.trim());
  }

  /** What the ADD of that Pod has asked for, which has ended. */
  async function requestsOfAdd({ podName }: { readonly podName: string }): Promise<readonly string[]> {
    const requests = await requestsOfOurs();
    return requests.slice(requests.indexOf(`get pods ${podName}`));
  }

  it('is of Pods nothing but their metadata: one with more texts in its spec than a call may read starts', async () => {
    const pod = await bed.pod({
      networks: 'bare',
      args: Array.from({ length: 7000 }, (_, index) => `--shard=${index}`),
    });
    succeeded(await bed.add(pod));
    const told = accepted(await bed.cluster.admin.get(pod.object, metadataOnly));
    expect(Object.keys(told).toSorted()).toStrictEqual(['apiVersion', 'kind', 'metadata']);
    expect(told['kind']).toBe('PartialObjectMetadata');
  });

  it('is its own object, when it has no networks', async () => {
    const pod = await bed.pod();
    succeeded(await bed.add(pod));
    expect(await requestsOfAdd(pod)).toStrictEqual([`get pods ${pod.podName}`]);
  });

  it('is, with four networks: the Pod, each network, each pool before and after, four creates, one patch, and no list', async () => {
    const pod = await bed.pod({ networks: 'blue,green,wide,bare' });
    succeeded(await bed.add(pod));
    const [first, ...others] = await requestsOfAdd(pod);
    expect([first, others.at(-1)]).toStrictEqual([`get pods ${pod.podName}`, `patch pods/status ${pod.podName}`]);
    // In which order those of the four end, between the two, nobody knows.
    const ofNetworks = others.slice(0, -1).map((one) => one.replace(/^(?<what>create ipallocations) .*/u, '$<what>'));
    expect(ofNetworks.toSorted()).toStrictEqual(
      [
        ...['bare', 'blue', 'green', 'wide'].map((name) => `get network-attachment-definitions ${name}`),
        ...['blue', 'green', 'wide'].flatMap((name) => [`get ippools ${name}`, `get ippools ${name}`]),
        ...Array.from({ length: 3 }, () => 'create ipallocations'),
      ].toSorted(),
    );
    const before = (await requestsOfOurs()).length;
    succeeded(await bed.del(pod));
    const released = (await requestsOfOurs()).slice(before);
    expect(released.map((one) => one.split(' ').slice(0, 2).join(' '))).toStrictEqual(
      Array.from({ length: 3 }, () => 'delete ipallocations'),
    );
  });

  it('is each network and each pool once, when it has several interfaces in one', async () => {
    const pod = await bed.pod({ networks: 'wide,wide,wide' });
    succeeded(await bed.add(pod));
    const requests = await requestsOfAdd(pod);
    const before = requests.slice(
      0,
      requests.findIndex((one) => one.startsWith('create')),
    );
    // Who draws an address that another one of them has drawn looks for a free one.
    expect(before.filter((one) => !one.startsWith('get ipallocations'))).toStrictEqual([
      `get pods ${pod.podName}`,
      'get network-attachment-definitions wide',
      'get ippools wide',
    ]);
    expect(new Set(await bed.held()).size).toBe(3);
    succeeded(await bed.del(pod));
    expect(await bed.remains()).toStrictEqual(nothing);
  });
});

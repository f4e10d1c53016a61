import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from '../../../cluster/api.ts';
import { findClusterTools } from '../../../cluster/tools.ts';
import type { JsonObject } from '../../../fixture/json.ts';
import { errorOf, succeeded } from '../../../fixture/outcome.ts';
import { until } from '../../../fixture/until.ts';
import { pluginCredentials } from '../../../ipam/kubernetes/cluster/cluster-store.ts';
import { nodeName } from '../../cluster/bed.ts';
import type { ClusterPod } from '../../cluster/pod.ts';
import { startNativeBed, type NativeBed } from './bed.ts';
import { prepareNetworks } from './networks.ts';

const tools = await findClusterTools();
const role = '/apis/rbac.authorization.k8s.io/v1/clusterroles/antrea-cni-plugin';

describe.skipIf(tools.dir === undefined)('the Events of a Pod', () => {
  let bed: NativeBed;
  beforeAll(async () => {
    bed = await startNativeBed();
    await prepareNetworks(bed);
  });
  afterEach(() => bed.reset());
  afterAll(() => bed?.stop());

  const eventsOf = async ({ uid, namespace }: ClusterPod): Promise<readonly JsonObject[]> =>
    bed.cluster.admin.list(`/api/v1/namespaces/${namespace}/events?fieldSelector=involvedObject.uid%3D${uid}`);

  it('say which interfaces and addresses it has got, of which networks', async () => {
    const pod = await bed.pod({ networks: 'blue,bare,static@data0' });
    succeeded(await bed.add(pod));
    expect(await eventsOf(pod)).toMatchObject([
      {
        type: 'Normal',
        reason: 'AttachedNetworks',
        message: 'net1 10.10.1.10/24 from shop/blue; net2 from shop/bare; data0 10.60.0.5/24 from shop/static',
        source: { component: 'antrea-cni/plugin', host: nodeName },
        count: 1,
      },
    ]);
  });

  it('say which network failed, why, and where there is more to know; the same one twice is counted', async () => {
    const pod = await bed.pod({ networks: 'bare,broken' });
    for (const _ of ['first', 'second']) expect(errorOf(await bed.add(pod)).msg).toContain('broken');
    const [event, ...more] = await eventsOf(pod);
    expect(more).toStrictEqual([]);
    expect(event).toMatchObject({ type: 'Warning', reason: 'FailedAttachNetworks', count: 2 });
    expect(event?.['message']).toMatch(/^network shop\/broken \(net2\): macvlan: Link not found/u);
    expect(event?.['message']).toContain(`More: antrea explain -n shop ${pod.podName}`);
  });

  it('say that an annotation is wrong, or not ours', async () => {
    const pods = [
      await bed.pod({ networks: 'blue,' }),
      await bed.pod({ annotations: { 'v1.multus-cni.io/default-network': 'blue' } }),
    ];
    const messages = [];
    for (const pod of pods) {
      errorOf(await bed.add(pod));
      messages.push(...(await eventsOf(pod)).map(({ message }) => message));
    }
    expect(messages[0]).toContain('the network "" is malformed: expected [namespace/]name[@interface]');
    expect(messages[1]).toContain("the annotation v1.multus-cni.io/default-network is Multus' alone");
  });

  it('are none for a Pod that asks for nothing', async () => {
    const pod = await bed.pod();
    succeeded(await bed.add(pod));
    expect(await eventsOf(pod)).toStrictEqual([]);
  });

  it('are not what an attachment depends on: without the right to write them, the Pod starts, and in time', async () => {
    const { admin } = bed.cluster;
    const { rules } = accepted(await admin.get(role));
    const others = Array.isArray(rules) ? rules.filter((rule) => !JSON.stringify(rule).includes('"events"')) : [];
    accepted(await admin.patch(role, { rules: others }));
    try {
      const credentials = await pluginCredentials(bed.cluster, nodeName);
      const api = bed.cluster.withToken('token' in credentials ? credentials.token : '');
      const isRefused = async () =>
        (await api.post('/api/v1/namespaces/shop/events', {})).message.includes('cannot create resource');
      await until(isRefused, { what: 'the right to be gone' });
      const pod = await bed.pod({ networks: 'bare' });
      const { stderr, code } = await bed.add(pod);
      expect(code).toBe(0);
      expect(stderr).toContain('"msg":"cannot write an Event"');
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    } finally {
      accepted(await admin.patch(role, { rules }));
    }
  });
});

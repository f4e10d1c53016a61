import { describe, expect, it } from 'vitest';
import { readingAhead } from '../../../src/agent/api-requests/read-ahead.ts';
import type { KubeRequest } from '../../../src/kube/client.ts';
import { metadataOnly } from '../../../src/kube/metadata-only.ts';

const pod = '/api/v1/namespaces/shop/pods/web';
const blue = '/apis/k8s.cni.cncf.io/v1/namespaces/shop/network-attachment-definitions/blue';
const green = '/apis/k8s.cni.cncf.io/v1/namespaces/lab/network-attachment-definitions/green';

describe('the networks of a Pod that the plugin has asked for', () => {
  it('are read at once, each once, and answered when they are asked for, once', async () => {
    const { ask, sent } = bench('blue, lab/green@data0, blue');
    await ask(pod);
    expect(sent).toStrictEqual([pod, blue, green]);
    expect([await ask(blue), await ask(green)]).toStrictEqual([{ of: blue }, { of: green }]);
    expect(sent).toHaveLength(3);
    expect(await ask(blue)).toStrictEqual({ of: blue });
    expect(sent).toStrictEqual([pod, blue, green, blue]);
  });

  it('are read anew when a second has passed', async () => {
    const { ask, sent, wait } = bench('blue');
    await ask(pod);
    wait(1000);
    await ask(blue);
    expect(sent).toStrictEqual([pod, blue, blue]);
  });

  it('that are asked for in another way are read in that way', async () => {
    const { ask, sent } = bench('blue');
    await ask(pod);
    await ask(blue, { query: { fieldSelector: 'x' } });
    await ask(blue, { method: 'DELETE' });
    await ask(blue, { accept: metadataOnly });
    expect(sent).toStrictEqual([pod, blue, blue, blue, blue]);
  });

  it('are read as well when only its metadata was asked for', async () => {
    const { ask, sent } = bench('blue');
    await ask(pod, { accept: metadataOnly });
    await ask(blue);
    expect(sent).toStrictEqual([pod, blue]);
  });

  it('cannot be read: that is told to who asks', async () => {
    const { ask, sent } = bench('blue', { fails: true });
    await ask(pod);
    await expect(ask(blue)).rejects.toThrow('not now');
    expect(sent).toHaveLength(2);
  });

  it.each([undefined, '', 'blue,', '[{"name":', '[]'])('are none when its annotation is %j', async (annotation) => {
    const { ask, sent } = bench(annotation);
    await ask(pod);
    expect(sent).toStrictEqual([pod]);
  });

  it('are read ahead of Pods alone, and at most 16 of them', async () => {
    const { ask, sent } = bench(Array.from({ length: 40 }, (_, index) => `n${index}`).join());
    await ask(`${pod}/status`, { method: 'PATCH' });
    expect(sent).toHaveLength(1);
    await ask(pod);
    expect(sent).toHaveLength(18);
  });
});

function bench(annotation: string | undefined, { fails = false } = {}) {
  const sent: string[] = [];
  let clock = 0;
  const annotations = { 'k8s.v1.cni.cncf.io/networks': annotation };
  const send = readingAhead(
    async ({ request: { path } }) => {
      sent.push(path);
      if (path.startsWith('/api/')) return { status: 200, text: JSON.stringify({ metadata: { annotations } }) };
      if (fails) throw new Error('not now');
      return { of: path };
    },
    () => clock,
  );
  return {
    sent,
    wait: (milliseconds: number) => void (clock += milliseconds),
    ask: async (path: string, more: Partial<KubeRequest> = {}) => {
      const request = { method: 'GET', path, ...more } as const;
      const answer = await send({ op: 'request', kubeconfig: '/k', request }, 1000);
      await new Promise(setImmediate);
      return answer;
    },
  };
}

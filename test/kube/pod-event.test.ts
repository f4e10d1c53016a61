import { describe, expect, it } from 'vitest';
import type { KubeAnswer, KubeRequest } from '../../src/kube/client.ts';
import { writePodEvent, type PodEvent } from '../../src/kube/pod-event.ts';

const pod = { namespace: 'shop', name: 'web', uid: 'uid-1', mirrored: '' };
const failed: PodEvent = { type: 'Warning', reason: 'Failed', message: 'why' };

/** An API server that has, or has not, the Event already. */
function bench(count?: number) {
  const requests: KubeRequest[] = [];
  const reporter = {
    component: 'antrea-cni/plugin',
    node: 'node-1',
    patience: 60_000,
    client: {
      send: async (request: KubeRequest) => {
        requests.push(request);
        if (request.method === 'PATCH') return answer(200, { count });
        return count === undefined ? answer(201) : answer(409);
      },
    },
  } as const;
  return { requests, write: (event: PodEvent, about = pod) => writePodEvent(reporter, about, event) };
}

function answer(status: number, body = {}): KubeAnswer {
  return { status, body, uncertain: false };
}

function nameIn({ body }: KubeRequest): string {
  return JSON.stringify(body).match(/"name":"(?<name>[^"]*)"/u)?.groups?.['name'] ?? '';
}

describe('an Event on a Pod', () => {
  it('is written once, about this Pod, in the name of the Node', async () => {
    const { write, requests } = bench();
    await write(failed);
    expect(requests[0]?.onlyTry).toBeGreaterThan(30_000);
    expect(requests).toMatchObject([
      {
        method: 'POST',
        path: '/api/v1/namespaces/shop/events',
        body: {
          involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web', uid: 'uid-1' },
          type: 'Warning',
          reason: 'Failed',
          message: 'why',
          source: { component: 'antrea-cni/plugin', host: 'node-1' },
          reportingComponent: 'antrea-cni/plugin',
          reportingInstance: 'node-1',
          count: 1,
        },
      },
    ]);
  });

  it('that happens again is counted, and has the latest message', async () => {
    const { write, requests } = bench(3);
    await write({ ...failed, message: 'another reason' });
    const [created, ...patches] = requests;
    const path = `/api/v1/namespaces/shop/events/${created === undefined ? '' : nameIn(created)}`;
    expect(patches).toMatchObject([
      { method: 'PATCH', path, body: { message: 'another reason' } },
      { method: 'PATCH', path, body: { count: 4 } },
    ]);
  });

  it('that lasts is told once', async () => {
    const { write, requests } = bench(1);
    await write({ ...failed, once: true });
    expect(requests).toHaveLength(1);
  });

  it('is another one for another Pod of that name, another reason, and another key', async () => {
    const { write, requests } = bench();
    await write(failed);
    await write({ ...failed, message: 'the same' });
    await write(failed, { ...pod, uid: 'uid-2' });
    await write({ ...failed, reason: 'Other' });
    await write({ ...failed, key: 'a' });
    const names = requests.map(nameIn);
    expect(names[1]).toBe(names[0]);
    expect(new Set(names).size).toBe(4);
  });

  it('is about the static Pod that kubectl looks for, not its mirror', async () => {
    const { write, requests } = bench();
    await write(failed, { ...pod, mirrored: 'hash' });
    expect(requests[0]?.body).toMatchObject({ involvedObject: { name: 'web', uid: 'hash' } });
  });

  it('has a name and a message that the API server takes, however long they are', async () => {
    const { write, requests } = bench();
    await write({ ...failed, message: 'x'.repeat(5000) }, { ...pod, name: `${'a'.repeat(199)}-b${'c'.repeat(50)}` });
    const [request] = requests;
    expect(request && nameIn(request)).toMatch(/^a{199}\.[a-z2-7]{28}$/u);
    expect(JSON.stringify(request?.body)).toContain(`"${'x'.repeat(1023)}…"`);
  });
});

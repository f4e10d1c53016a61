import { describe, expect, it } from 'vitest';
import { livePods } from '../../../src/controller/cleanup/live.ts';
import type { KubeClient, KubeRequest } from '../../../src/kube/client.ts';
import type { JsonObject } from '../../../src/system/json-object.ts';

/** Says of everything that there is no such Pod, as an API server does. */
function emptyServer(): { readonly client: KubeClient; readonly asked: string[] } {
  const asked: string[] = [];
  const client: KubeClient = {
    server: 'https://127.0.0.1:6443',
    async send({ path }: KubeRequest) {
      asked.push(path);
      const details = { name: path.slice(path.lastIndexOf('/') + 1), kind: 'pods' };
      return { status: 404, body: { reason: 'NotFound', details }, uncertain: false };
    },
    close: () => {},
  };
  return { client, asked };
}

describe('a Pod that the owner of an address names', () => {
  it('is asked for by its name', async () => {
    const { client, asked } = emptyServer();
    expect(await livePods(client).get({ namespace: 'default', name: 'web-0', uid: 'u' })).toBeUndefined();
    expect(asked).toStrictEqual(['/api/v1/namespaces/default/pods/web-0']);
  });

  it.each([
    ['default', '..'],
    ['..', 'web-0'],
    ['default', 'web-0/log'],
    ['default', 'web-0%2Flog'],
    ['default', 'web-0?watch=true'],
    ['default', 'Web-0'],
    ['default', 'web-0 '],
    ['', 'web-0'],
  ])('is gone without a question where no Pod can have the name: %j/%j', async (namespace, name) => {
    const { client, asked } = emptyServer();
    expect(await livePods(client).get({ namespace, name, uid: 'u' })).toBeUndefined();
    expect(asked).toStrictEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['is about nothing', {}],
    ['is about something else', { reason: 'NotFound', details: { name: 'web-1', kind: 'pods' } }],
    ['is about another kind', { reason: 'NotFound', details: { name: 'web-0', kind: 'namespaces' } }],
    ['gives another reason', { reason: 'Forbidden', details: { name: 'web-0', kind: 'pods' } }],
  ])('is not gone for an answer that %s', async (_, body) => {
    const { client } = emptyServer();
    const proxy: KubeClient = { ...client, send: async () => ({ status: 404, body, uncertain: false }) };
    const pod = { namespace: 'default', name: 'web-0', uid: 'u' };
    await expect(livePods(proxy).get(pod)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('a list of all Pods', () => {
  it.each<[string, JsonObject]>([
    ['without a version', { items: [] }],
    ['with what is no Pod', { metadata: { resourceVersion: '7' }, items: [{ metadata: { name: 'web-0' } }] }],
  ])('%s is none: nobody is gone for it', async (_, body) => {
    const { client } = emptyServer();
    const proxy: KubeClient = { ...client, send: async () => ({ status: 200, body, uncertain: false }) };
    const pods = livePods(proxy).list()[Symbol.asyncIterator]();
    await expect(pods.next()).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

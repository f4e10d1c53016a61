import { describe, expect, it } from 'vitest';
import { mintToken, readClaims } from '../../../src/agent/install/token.ts';
import type { KubeClient, KubeRequest } from '../../../src/kube/client.ts';
import { rejectionOf } from '../../failure-of.ts';

const node = { uid: 'u', name: 'n' };

function tokenOf(claims: unknown): string {
  return ['a', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'c'].join('.');
}

const bound = tokenOf({ iat: 1, exp: 3, 'kubernetes.io': { node } });

async function mint(client: KubeClient): Promise<string> {
  return mintToken({ client, nodeName: 'n', lifetime: 1500 });
}

describe('what a token says of itself', () => {
  it.each<readonly [string, string, object | undefined]>([
    ['its times and its Node', bound, { issued: 1, expires: 3, nodeUID: 'u', nodeName: 'n' }],
    ['no Node', tokenOf({ iat: 1, exp: 3 }), { issued: 1, expires: 3, nodeUID: undefined, nodeName: undefined }],
    ['nothing, when it does not expire', tokenOf({ iat: 1 }), undefined],
    ['nothing, when it is no object', tokenOf([]), undefined],
    ['nothing, when it is torn', bound.slice(0, -4), undefined],
    ['nothing, when it is no such token', 'secret', undefined],
  ])('is %s', (_, token, claims) => {
    expect(readClaims(token)).toEqual(claims);
  });
});

describe('a token for the plugin', () => {
  const sent: KubeRequest[] = [];
  /** @param token undefined: there is no ServiceAccount */
  const client = (token: string | undefined, uid: string | undefined = 'u'): KubeClient => ({
    server: 'https://test',
    close: () => {},
    send: async (request) => {
      sent.push(request);
      const isNode = request.method === 'GET';
      const body = isNode ? { metadata: { uid } } : { status: { token } };
      return { status: !isNode && token === undefined ? 404 : 200, uncertain: false, body };
    },
  });
  it('is asked for this Node, and its time in whole seconds', async () => {
    expect(await mint(client(bound))).toBe(bound);
    expect(sent.at(-1)?.body).toMatchObject({
      spec: { expirationSeconds: 2, boundObjectRef: { kind: 'Node', name: 'n', uid: 'u' } },
    });
  });

  it.each<readonly [string, KubeClient]>([
    ['not-found: the cluster has no Node n', client(bound, '')],
    ['not-found: the cluster has no ServiceAccount plugin', client(undefined)],
    ['config: the API server https://test gives no tokens that are bound', client(tokenOf({ iat: 1, exp: 3 }))],
  ])('is refused: %s', async (message, from) => {
    expect(await rejectionOf(mint(from))).toContain(message);
  });
});

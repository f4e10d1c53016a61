import type { KubeClient } from '../../../src/kube/client.ts';

const claims = { iat: 0, exp: 86_400, 'kubernetes.io': { node: { uid: 'u', name: 'n' } } };
const token = ['a', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'c'].join('.');
/** An API server that gives this token to all. */
export const nodeAndTokens: KubeClient = {
  server: 'https://test',
  send: async ({ method }) => ({
    status: 200,
    uncertain: false,
    body: method === 'GET' ? { metadata: { uid: 'u' } } : { status: { token } },
  }),
  close: () => {},
};

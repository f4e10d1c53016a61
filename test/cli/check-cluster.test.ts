import { describe, expect, it } from 'vitest';
import { checkIdentity } from '../../src/cli/check/cluster/identity.ts';
import { checkServer } from '../../src/cli/check/cluster/server.ts';
import type { KubeClient } from '../../src/kube/client.ts';

const now = new Date('2026-01-02T12:00:00Z');

describe('the API server of a Node', () => {
  it.each([
    [{ major: '1', minor: '31', gitVersion: 'v1.31.0' }, 'ok'],
    [{ major: '1', minor: '36+', gitVersion: 'v1.36.1-gke.1' }, 'ok'],
    [{ major: '2', minor: '0' }, 'ok'],
    [{ major: '1', minor: '30+', gitVersion: 'v1.30.9' }, 'fail'],
    [{ major: '1', minor: '9' }, 'fail'],
    [{}, 'fail'],
  ])('%j is %s', async (version, state) => {
    expect((await checkServer(clientOf(version))).state).toBe(state);
  });
});

describe('the token of a Node', () => {
  it.each([
    [50 * 60, 'valid for 50 more minutes'],
    [5 * 3600, 'valid for 5 more hours'],
  ])('that expires in %i s is %s', async (seconds, text) => {
    const claims = Buffer.from(JSON.stringify({ exp: now.getTime() / 1000 + seconds })).toString('base64url');
    expect((await identityOf(`x.${claims}.x`)).message).toContain(text);
  });

  it.each(['opaque', 'a.b.c', undefined])('may be one that says nothing: %s', async (token) => {
    expect(await identityOf(token)).toMatchObject({
      state: 'ok',
      message: 'of antrea-cni/agent, bound to Node node-1',
    });
  });
});

async function identityOf(token: string | undefined) {
  const userInfo = {
    username: 'system:serviceaccount:antrea-cni:agent',
    extra: { 'authentication.kubernetes.io/node-name': ['node-1'] },
  };
  const request = { nodeName: 'node-1', token, now };
  const { finding, isLimited } = await checkIdentity(clientOf({ status: { userInfo } }), request);
  expect(isLimited).toBe(true);
  return finding;
}

/** Answers everything with this. */
function clientOf(body: Record<string, unknown>): KubeClient {
  return { server: 'https://api', send: async () => ({ status: 200, body, uncertain: false }), close: () => undefined };
}

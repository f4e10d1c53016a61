import { describe, expect, it } from 'vitest';
import { readLease, writeLease } from '../../../src/controller/leader/lease.ts';
import type { KubeAnswer, KubeClient, KubeRequest } from '../../../src/kube/client.ts';
import type { JsonObject } from '../../../src/system/json-object.ts';
import { rejectionOf } from '../../failure-of.ts';

/** Answers each request with the same; keeps what it was asked. */
function clientThat(status: number, body: JsonObject = {}): KubeClient & { readonly requests: KubeRequest[] } {
  const requests: KubeRequest[] = [];
  const send = async (request: KubeRequest): Promise<KubeAnswer> => {
    requests.push(request);
    return { status, body, uncertain: false };
  };
  return { server: 'test', send, close: () => {}, requests };
}

const lease = {
  metadata: { resourceVersion: '7' },
  spec: { holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 3 },
};
const state = { holder: 'a', duration: 15_000, transitions: 3, resourceVersion: '7' };

describe('the Lease', () => {
  it('is read, whether it is there or not, and whatever is in it', async () => {
    expect(await readLease(clientThat(404))).toBeUndefined();
    expect(await readLease(clientThat(200, lease))).toEqual(state);
    expect(await readLease(clientThat(200, { metadata: { resourceVersion: '1' } }))).toMatchObject({
      holder: '',
      duration: 0,
    });
  });

  it('is taken from the state that it was seen in, and counts who has had it', async () => {
    const client = clientThat(200, lease);
    await writeLease(client, { holder: 'b', duration: 15_000, from: state });
    await writeLease(client, { holder: 'a', duration: 15_000, from: state });
    await writeLease(client, { holder: '', duration: 100, from: state });
    expect(client.requests).toMatchObject([
      {
        method: 'PUT',
        body: { metadata: { resourceVersion: '7' }, spec: { holderIdentity: 'b', leaseTransitions: 4 } },
      },
      { method: 'PUT', body: { spec: { holderIdentity: 'a', leaseTransitions: 3 } } },
      { method: 'PUT', body: { spec: { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 3 } } },
    ]);
  });

  it('is created if there is none; whoever is second gets nothing', async () => {
    const client = clientThat(409);
    expect(await writeLease(client, { holder: 'b', duration: 15_000, from: undefined })).toBeUndefined();
    expect(client.requests).toMatchObject([{ method: 'POST', body: { spec: { leaseTransitions: 1 } } }]);
  });

  it('needs the namespace', async () => {
    const written = writeLease(clientThat(404), { holder: 'b', duration: 15_000, from: undefined });
    expect(await rejectionOf(written)).toBe(
      'not-found: the namespace antrea-cni does not exist, where the Lease controller would be: apply deploy/rbac.yaml',
    );
  });
});

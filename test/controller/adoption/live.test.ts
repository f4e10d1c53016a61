import { describe, expect, it } from 'vitest';
import { createAdopted, findPod } from '../../../src/controller/adoption/live.ts';
import { allocationFor } from '../../../src/controller/adoption/allocation.ts';
import type { Entry } from '../../../src/controller/adoption/entries.ts';
import type { KubeClient, KubeRequest } from '../../../src/kube/client.ts';
import type { JsonObject } from '../../../src/system/json-object.ts';
import { address } from '../../ipam/sample.ts';

function answering(
  answers: (request: KubeRequest) => { readonly status: number; readonly body: JsonObject },
): KubeClient {
  return {
    server: 'https://127.0.0.1:6443',
    send: async (request) => ({ ...answers(request), uncertain: false }),
    close: () => {},
  };
}

const pod = { namespace: 'default', name: 'web-0', containerID: 'c', ifName: 'net1' };
const entry: Entry = { address: address('192.168.0.5'), phase: 'Allocated', pod, statefulSet: undefined };
const pool = { name: 'a', uid: 'u' };

describe('the Pod that an entry names', () => {
  const metadata = { namespace: 'default', name: 'web-0', uid: 'uid-1' };
  it.each<[string, JsonObject, unknown]>([
    ['is known by the UID that CNI has', { metadata, spec: { nodeName: 'node-1' } }, { uid: 'uid-1', node: 'node-1' }],
    ['has no sandbox where no Node has it', { metadata, spec: {} }, undefined],
    [
      'is the static one that it stands for',
      { metadata: { ...metadata, annotations: { 'kubernetes.io/config.hash': 'hash' } }, spec: { nodeName: 'node-1' } },
      { uid: 'hash', node: 'node-1' },
    ],
  ])('%s', async (_, body, found) => {
    expect(
      await findPod(
        answering(() => ({ status: 200, body })),
        pod,
      ),
    ).toStrictEqual(found);
  });

  it('is asked for by no other name than a Pod can have', async () => {
    const silent = answering(() => {
      throw new Error('nobody should ask');
    });
    expect(await findPod(silent, { ...pod, name: '../secrets/web-0' })).toBeUndefined();
  });
});

/** An allocation as it is in the cluster. */
function stored(one: Entry): JsonObject {
  const made = allocationFor(pool, one, { uid: 'uid-1', node: 'node-1' });
  return { ...made, metadata: { name: 'a.192.168.0.5', uid: 'x', resourceVersion: '1' } };
}

/** An API server that has it, and takes no other. */
function there(one: Entry): KubeClient {
  return answering(({ method }) =>
    method === 'POST' ? { status: 409, body: {} } : { status: 200, body: stored(one) },
  );
}

describe('an address that is held already', () => {
  it('by this very entry was taken over by an earlier try', async () => {
    expect(await createAdopted(there(entry), 'a')(allocationFor(pool, entry), entry)).toBeUndefined();
  });

  it.each<[string, Entry]>([
    ['another sandbox', { ...entry, pod: { ...pod, containerID: 'd' } }],
    ['another interface', { ...entry, pod: { ...pod, ifName: 'net2' } }],
  ])('by %s is left to it, and people are told', async (_, other) => {
    const told = await createAdopted(there(other), 'a')(allocationFor(pool, entry), entry);
    expect(told).toMatch(/^is held twice: 192\.168\.0\.5 of pool a, held by default\/web-0 .*, has it, too$/);
  });

  it('and free when it is looked at is tried again later', async () => {
    const fleeting = answering(({ method }) => ({ status: method === 'POST' ? 409 : 404, body: {} }));
    const attempt = createAdopted(fleeting, 'a')(allocationFor(pool, entry), entry);
    await expect(attempt).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

import { describe, expect, it } from 'vitest';
import { isGivenByServer, isOwner, readPodIdentity } from '../../src/controller/pod-identity.ts';

const metadata = { namespace: 'default', name: 'web-0', uid: '0f8fad5b-d9cb-469f-a165-70867728950e' };
const owner = metadata;

describe('a Pod in the API', () => {
  it.each([
    ['is the owner with its UID', { metadata }, true],
    [
      'is another one with another UID, if only its name is the same',
      { metadata: { ...metadata, uid: 'other' } },
      false,
    ],
    ['is another one in another Namespace', { metadata: { ...metadata, namespace: 'other' } }, false],
    [
      'stands for the static Pod whose hash it has',
      { metadata: { ...metadata, uid: 'other', annotations: { 'kubernetes.io/config.hash': metadata.uid } } },
      true,
    ],
    [
      'stands for no static Pod of another name, whatever it claims',
      {
        metadata: { ...metadata, name: 'x', uid: 'other', annotations: { 'kubernetes.io/config.hash': metadata.uid } },
      },
      false,
    ],
  ])('%s', (_what, object, expected) => {
    const pod = readPodIdentity(object);
    expect(pod !== undefined && isOwner(pod, owner)).toBe(expected);
  });

  it('is nobody without a UID, and owns nothing of an owner without one', () => {
    expect(readPodIdentity({ metadata: { namespace: 'a', name: 'b' } })).toBeUndefined();
    expect(
      isOwner({ namespace: 'a', name: 'b', uid: 'c', staticUID: '' }, { namespace: 'a', name: 'b', uid: '' }),
    ).toBe(false);
  });

  it.each([
    ['0f8fad5b-d9cb-469f-a165-70867728950e', true],
    ['5d41402abc4b2a76b9719d911017c592', false],
    ['', false],
  ])('the UID %s is given by the API server: %s', (uid, expected) => {
    expect(isGivenByServer(uid)).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { askedFor, askTheSame, readPodView } from '../../../src/agent/pods/pod-view.ts';

const metadata = { namespace: 'shop', name: 'web', uid: 'u', resourceVersion: '7' };

describe('what is kept of a Pod', () => {
  it('is what it asks for, and what it is said to have', () => {
    const annotations = {
      'k8s.v1.cni.cncf.io/networks': 'blue',
      'k8s.v1.cni.cncf.io/network-status': '[{"name": "pod-network"}, {"name": "shop/blue"}]',
      'kubernetes.io/config.mirror': 'hash',
    };
    expect(readPodView({ metadata: { ...metadata, annotations } })).toStrictEqual({
      namespace: 'shop',
      name: 'web',
      uid: 'u',
      version: 'u/7',
      mirrored: 'hash',
      networks: 'blue',
      reported: ['pod-network', 'shop/blue'],
      isEnding: false,
    });
  });

  it('is that it is about to end', () => {
    expect(readPodView({ metadata: { ...metadata, deletionTimestamp: 'now' } })).toMatchObject({ isEnding: true });
  });

  it('is nothing when it is no Pod at all', () => {
    expect(readPodView({})).toMatchObject({ networks: '', reported: [] });
  });
});

describe('annotations', () => {
  it('ask for networks, or for what nobody can read', () => {
    expect(askedFor('blue, lab/green@data0', 'shop')).toStrictEqual(['shop/blue', 'lab/green']);
    expect(askedFor('', 'shop')).toStrictEqual([]);
    expect(askedFor('a/b/c', 'shop')).toStrictEqual(['a/b/c']);
  });

  it.each([
    ['blue,green', ' blue , shop/green', true],
    ['blue', '[{"name": "blue"}]', true],
    ['', '[]', true],
    ['blue', 'blue@data0', false],
    ['blue,green', 'green,blue', false],
    ['a/b/c', 'a/b/c', true],
    ['a/b/c', 'a/b/d', false],
  ])('%j and %j ask for the same: %j', (one, other, same) => {
    expect(askTheSame(one, other, 'shop')).toBe(same);
  });
});

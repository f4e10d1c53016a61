import { describe, expect, it } from 'vitest';
import { judgePod } from '../../../src/agent/pods/judge.ts';
import type { PodView } from '../../../src/agent/pods/pod-view.ts';
import type { SandboxRecord } from '../../../src/system/sandboxes.ts';

const pod: PodView = {
  namespace: 'shop',
  name: 'web',
  uid: 'uid-1',
  version: 'uid-1/1',
  mirrored: '',
  networks: 'blue',
  reported: [],
  isEnding: false,
};

const record: SandboxRecord = {
  containerID: 'c1',
  ifname: 'eth0',
  netns: '/run/netns/a',
  network: 'pod-network',
  pod: { namespace: 'shop', name: 'web', uid: 'uid-1' },
  networks: 'blue',
  complete: true,
  attachments: [{ nad: 'shop/blue', ifname: 'net1', kind: 'vlan', args: '', plugins: [{}] }],
};

interface Case {
  readonly pod?: Partial<PodView>;
  readonly records?: readonly SandboxRecord[];
  /** The annotation when it was first seen to run. */
  readonly first?: string;
}

function judge({ pod: more = {}, records = [], first }: Case): ReturnType<typeof judgePod> {
  const known = new Map(first === undefined ? [] : [['uid-1', first] as const]);
  return judgePod({ ...pod, ...more }, { records, first: known, skipNamespaces: ['kube-system'] });
}

describe('a Pod that runs', () => {
  it.each<[string, Case]>([
    ['asks for nothing', { pod: { networks: '' } }],
    ['asks for an empty list', { pod: { networks: '[]' } }],
    ['has what it asks for', { records: [record] }],
    ['has it, written in another way', { pod: { networks: '[{"name": "blue"}]' }, records: [record] }],
    ['has it from Multus', { pod: { reported: ['pod-network', 'shop/blue'] } }],
    ['is about to end', { pod: { isEnding: true } }],
    ['is of a Namespace that is left alone', { pod: { namespace: 'kube-system' } }],
    ['has it, with an earlier sandbox still there', { records: [{ ...record, networks: 'green' }, record] }],
    ['is a static one, whose object was made anew', { pod: { uid: 'uid-2', mirrored: 'hash' }, records: [record] }],
  ])('is fine when it %s', (_, given) => {
    expect(judge(given)).toStrictEqual({ isBare: false });
  });

  it.each<[string, Case, string]>([
    ['has none of its networks', { pod: { networks: 'blue,lab/green@data0' } }, 'shop/blue, lab/green'],
    ['has got one of them from Multus', { pod: { networks: 'blue,green', reported: ['shop/blue'] } }, 'shop/green'],
    ['asks in words that nobody reads', { pod: { networks: 'blue,' } }, 'blue,'],
    ['has the record of another Pod', { records: [{ ...record, pod: { ...record.pod, uid: 'uid-0' } }] }, 'shop/blue'],
  ])('is bare when it %s', (_, given, missing) => {
    const { isBare, event } = judge(given);
    expect(isBare).toBe(true);
    expect(event).toMatchObject({ type: 'Warning', reason: 'RunsWithoutItsNetworks', once: true });
    expect(event?.message).toContain(`runs without ${missing}: `);
  });

  it.each<[string, Case, string]>([
    ['asks for another one now', { pod: { networks: 'green' }, records: [record] }, 'net1 (shop/blue)'],
    ['asks for none any more', { pod: { networks: '' }, records: [record] }, 'net1 (shop/blue)'],
    [
      'asks for another address',
      { pod: { networks: '[{"name":"blue","ips":["10.0.0.1"]}]' }, records: [record] },
      'net1',
    ],
    ['asked for none before', { first: '' }, 'none'],
  ])('is told that its annotation was changed in vain when it %s', (_, given, kept) => {
    const { event } = judge(given);
    expect(event).toMatchObject({ reason: 'NetworksChangedAfterStart', once: true });
    expect(event?.message).toContain(`this one keeps ${kept}`);
    expect(event?.key).toBe(given.pod?.networks ?? 'blue');
  });
});

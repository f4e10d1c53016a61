import { describe, expect, it } from 'vitest';
import { readPodView, type PodView } from '../../../src/agent/pods/pod-view.ts';
import { watchPods } from '../../../src/agent/pods/watcher.ts';
import { Failure } from '../../../src/system/failure.ts';
import type { KubeRequest } from '../../../src/kube/client.ts';
import { createKept } from '../../../src/kube/watch/kept.ts';

function bench() {
  const kept = createKept<PodView>(() => {});
  const events: { reason: string; pod: string }[] = [];
  const server = { isAway: false, refuses: '' };
  const lines: string[] = [];
  let [version, time] = [0, 0];
  const send = async ({ body }: KubeRequest) => {
    if (server.isAway) throw new Failure('unavailable', 'away');
    const text = JSON.stringify(body);
    const pod = /"involvedObject":.*?"name":"(?<it>[^"]+)"/u.exec(text)?.groups?.['it'] ?? '';
    if (pod === server.refuses) throw new Failure('refused', 'by an admission policy');
    events.push({ reason: /"reason":"(?<it>\w+)"/u.exec(text)?.groups?.['it'] ?? '', pod });
    return { status: 201, body: {}, uncertain: false };
  };
  const reporter = { client: { send }, component: 'antrea-cni/agent', node: 'node-1', patience: 1 } as const;
  const watcher = watchPods({
    pods: kept.collection,
    reporter,
    log: (_, message) => void lines.push(message),
    clock: () => time,
  });
  return {
    server,
    events,
    lines,
    pass: (milliseconds: number) => (time += milliseconds),
    look: () => watcher.look({ records: [], skipNamespaces: [] }),
    set: (name: string, networks: string) => {
      version += 1;
      const annotations = { 'k8s.v1.cni.cncf.io/networks': networks };
      const metadata = { namespace: 'shop', name, uid: `uid-${name}`, resourceVersion: String(version), annotations };
      const object = { metadata };
      kept.put(object, readPodView(object));
    },
  };
}

describe('Pods of a Node', () => {
  it('that run bare are told so once, when they do so for longer than a moment', async () => {
    const { set, look, events } = bench();
    set('web', 'blue');
    set('plain', '');
    expect([await look(), events.length]).toStrictEqual([0, 0]);
    expect([await look(), await look(), await look()]).toStrictEqual([1, 1, 1]);
    expect(events).toStrictEqual([{ reason: 'RunsWithoutItsNetworks', pod: 'web' }]);
  });

  it('are told of each change of the annotation once', async () => {
    const { set, look, events } = bench();
    set('web', '');
    for (const networks of ['blue', 'green']) {
      set('web', networks);
      for (const _ of ['first', 'second', 'third']) await look();
    }
    expect(events.map(({ reason }) => reason)).toStrictEqual([
      'NetworksChangedAfterStart',
      'NetworksChangedAfterStart',
    ]);
    set('web', '');
    expect(await look()).toBe(0);
    expect(events).toHaveLength(2);
  });

  it('are told later when the API server is away', async () => {
    const { set, look, events, server } = bench();
    for (const name of ['a', 'b']) set(name, 'blue');
    server.isAway = true;
    for (const _ of ['first', 'second']) await look();
    server.isAway = false;
    expect(await look()).toBe(2);
    expect(events.map(({ pod }) => pod)).toStrictEqual(['a', 'b']);
  });

  it('are told although the API server refuses the Event of another one', async () => {
    const { set, look, events, server } = bench();
    for (const name of ['a', 'b', 'c']) set(name, 'blue');
    server.refuses = 'a';
    for (const _ of ['first', 'second', 'third']) await look();
    expect(events.map(({ pod }) => pod)).toStrictEqual(['b', 'c']);
  });

  it('of which the API server refuses to be told are not tried, nor logged, at each look', async () => {
    const { set, look, pass, events, lines, server } = bench();
    set('a', 'blue');
    server.refuses = 'a';
    for (const _ of [1, 2, 3, 4]) await look();
    expect(lines).toStrictEqual(['cannot write an Event']);
    server.refuses = '';
    await look();
    expect(events).toHaveLength(0);
    pass(600_000);
    await look();
    expect(events).toHaveLength(1);
  });
});

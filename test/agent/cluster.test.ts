import { afterEach, expect, it } from 'vitest';
import { followCluster, type Cluster } from '../../src/agent/cluster.ts';
import { accessOf } from '../../src/kube/kubeconfig.ts';
import { files } from '../../src/system/files.ts';
import type { Log } from '../../src/system/log.ts';
import { createResources } from '../fixture/resources.ts';
import { until } from '../fixture/until.ts';
import { startFakeApiServer } from '../kube/fake-api-server.ts';

const resources = createResources();
afterEach(resources.release);

function kubeconfig(server: string): object {
  return {
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    clusters: [{ name: 'a', cluster: { server } }],
    users: [{ name: 'a', user: {} }],
  };
}

it('the Node is what it was when something in front of the API server answers in its place', async () => {
  const server = await startFakeApiServer();
  resources.defer(() => server.close());
  const metadata = { name: 'node-1', uid: 'u', resourceVersion: '9', labels: { zone: 'a' } };
  const answers = [
    { metadata },
    {},
    { metadata: { ...metadata, name: 'login', labels: {} } },
    { metadata: { name: 'node-1' } },
  ];
  server.fault = () => {
    const answer = answers[Math.min(server.seen.length, answers.length) - 1];
    return { kind: 'text', status: 200, text: JSON.stringify(answer) };
  };
  const said: string[] = [];
  const { node } = follow(server.url, (_, message, facts) => void said.push(`${message}: ${String(facts?.['error'])}`));
  const changes: unknown[] = [];
  node.onChange((view) => changes.push(view));
  await until(() => server.seen.length > 5, { what: 'strange answers' });
  expect(changes).toEqual([{ uid: 'u', labels: { zone: 'a' }, internalIPs: [] }]);
  expect(said[0]).toMatch(/^cannot read this Node: the answer to GET \/api\/v1\/nodes\/node-1 is not one of an API/u);
});

it('labels of the Node do not go back to what an API server says that is behind another one', async () => {
  const server = await startFakeApiServer();
  resources.defer(() => server.close());
  const answers: readonly (readonly [version: string, zone: string])[] = [
    ['9', 'a'],
    ['10', 'b'],
    ['9', 'a'],
    ['11', 'c'],
  ];
  server.fault = () => {
    const [resourceVersion, zone] = answers[Math.min(server.seen.length, answers.length) - 1] ?? [];
    const metadata = { name: 'node-1', uid: 'u', resourceVersion, labels: { zone } };
    return { kind: 'text', status: 200, text: JSON.stringify({ metadata, status: {} }) };
  };
  const cluster = follow(server.url);
  const zones: (string | undefined)[] = [];
  cluster.node.onChange((node) => zones.push(node?.labels['zone']));
  await until(() => zones.includes('c'), { what: 'the last label' });
  expect(zones).toEqual(['a', 'b', 'c']);
  // What is stored is asked for only then.
  const versions = server.seen.map(({ query }) => query.get('resourceVersion'));
  expect(versions.slice(0, 4)).toEqual(['0', '0', '0', null]);
});

function follow(url: string, log: Log = () => {}): Cluster {
  const ending = new AbortController();
  const cluster = followCluster({
    access: accessOf({ path: 'test', value: kubeconfig(url) }, { files, folder: '/' }),
    nodeName: 'node-1',
    wantsNodeConfigs: () => false,
    metrics: { watchRestarted: () => {} },
    log,
    signal: ending.signal,
    interval: 1,
  });
  resources.defer(() => cluster.client.close());
  resources.defer(() => ending.abort());
  return cluster;
}

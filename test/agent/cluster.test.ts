import { afterEach, expect, it } from 'vitest';
import { followCluster } from '../../src/agent/cluster.ts';
import { accessOf } from '../../src/kube/kubeconfig.ts';
import { files } from '../../src/system/files.ts';
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
  const ending = new AbortController();
  const cluster = followCluster({
    access: accessOf({ path: 'test', value: kubeconfig(server.url) }, { files, folder: '/' }),
    nodeName: 'node-1',
    wantsNodeConfigs: () => false,
    metrics: { watchRestarted: () => {} },
    log: () => {},
    signal: ending.signal,
    interval: 1,
  });
  resources.defer(() => cluster.client.close());
  resources.defer(() => ending.abort());
  const zones: (string | undefined)[] = [];
  cluster.node.onChange((node) => zones.push(node?.labels['zone']));
  await until(() => zones.includes('c'), { what: 'the last label' });
  expect(zones).toEqual(['a', 'b', 'c']);
  // What is stored is asked for only then.
  const versions = server.seen.map(({ query }) => query.get('resourceVersion'));
  expect(versions.slice(0, 4)).toEqual(['0', '0', '0', null]);
});

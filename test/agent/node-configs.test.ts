import { afterEach, beforeEach, expect, it } from 'vitest';
import { followNodeConfigs } from '../../src/agent/node-configs.ts';
import type { WatchRequest } from '../../src/kube/watch/connection.ts';
import { until } from '../fixture/until.ts';

let ending: AbortController;
beforeEach(() => {
  ending = new AbortController();
});
afterEach(() => ending.abort());

/** Objects of these names, as an API server has them that can be silent. */
function createServer() {
  const state = { names: ['a'], isSilent: false };
  const metadata = { resourceVersion: '1' };
  const api = {
    client: {
      server: 'test',
      close: () => {},
      send: async () => {
        if (state.isSilent) await new Promise(() => {});
        const items = state.names.map((name) => ({ metadata: { ...metadata, name, uid: name }, spec: {} }));
        return { status: 200, body: { metadata, items }, uncertain: false };
      },
    },
    openWatch: ({ signal }: WatchRequest) =>
      new Promise<object>((resolve) => {
        signal.addEventListener('abort', () => resolve({}));
      }),
  };
  return { state, api };
}

it('AntreaNodeConfig objects of a time when they did not matter are not acted upon when they do again', async () => {
  const { state, api } = createServer();
  let isWanted = true;
  const means = { api, metrics: { watchRestarted: () => {} }, log: () => {}, signal: ending.signal, interval: 2 };
  const configs = followNodeConfigs({ ...means, wanted: () => isWanted });
  const names = (): readonly string[] | undefined =>
    configs.get()?.map(({ metadata }) => String(Object.entries(metadata ?? {}).find(([key]) => key === 'name')?.[1]));
  await until(() => String(names()) === 'a', { what: 'the first one' });
  isWanted = false;
  await until(() => configs.get() === undefined, { what: 'nothing that is known' });
  Object.assign(state, { names: ['b'], isSilent: true });
  isWanted = true;
  for (let looks = 0; looks < 10; looks += 1) await new Promise(setImmediate);
  expect(names()).toBeUndefined();
});

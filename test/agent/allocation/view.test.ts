import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchView, type View } from '../../../src/agent/allocation/view.ts';
import type { WatchEnd, WatchRequest } from '../../../src/kube/watch/connection.ts';
import { until } from '../../fixture/until.ts';

const [pools, allocations] = ['ippools', 'ipallocations'];

let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => stop.abort());

/** An API server that refuses to tell of changes of these resources. */
function serverThatRefuses(refused: readonly string[]) {
  const watches: string[] = [];
  const metadata = { resourceVersion: '1' };
  return {
    watches,
    client: {
      server: 'test',
      close: () => {},
      send: async () => ({ status: 200, body: { metadata, items: [] }, uncertain: false }),
    },
    openWatch: async ({ path, onOpen, signal }: WatchRequest): Promise<WatchEnd> => {
      watches.push(path);
      if (refused.some((resource) => path.endsWith(resource))) return { status: 403, error: new Error('Forbidden') };
      onOpen();
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      return {};
    },
  };
}

async function viewAfter(minutes: number, refused: readonly string[]): Promise<View> {
  let now = 0;
  const api = serverThatRefuses(refused);
  const { signal } = stop;
  const metrics = { watchRestarted: () => {} };
  const view = watchView({ api, nodeName: 'node-1', signal, log: () => {}, metrics, clock: () => now });
  await until(() => api.watches.length >= 2, { what: 'both watches' });
  now = minutes * 60_000;
  return view;
}

describe('what the agent knows of pools and addresses', () => {
  it('is served while the API server tells of changes', async () => {
    expect((await viewAfter(60, [])).problem()).toBeUndefined();
  });

  it.each([pools, allocations])(
    'is served no more when the watch of %s is refused: the plugin asks the API server itself',
    async (resource = '') => {
      const view = await viewAfter(2, [resource]);
      expect(view.synced()).toBe(false);
      expect(view.problem()).toMatch(new RegExp(`/${resource} is known only as it was 120 s ago: Forbidden$`, 'u'));
    },
  );
});

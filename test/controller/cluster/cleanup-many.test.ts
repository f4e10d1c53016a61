import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inParallel } from '../../../src/controller/in-parallel.ts';
import { findClusterTools } from '../../cluster/tools.ts';
import { allocationPath } from '../../cluster/pools.ts';
import { until } from '../../fixture/until.ts';
import { openBed, type Bed } from './bed.ts';

const tools = await findClusterTools();
const count = Number(process.env['ANTREA_TEST_ALLOCATIONS'] ?? '1000');
let bed: Bed;

describe.skipIf(tools.dir === undefined)(`${count} addresses of dead Pods`, () => {
  beforeAll(async () => {
    bed = await openBed();
  });
  afterAll(async () => {
    await bed.release();
    await bed.stop();
  });

  it(
    'are freed soon after the grace period, by a few lists of Pods and one request each',
    { timeout: 300_000 },
    async () => {
      const { addresses, cluster } = bed;
      const { node } = await bed.kubelet();
      const alive = await addresses.runPod({ node });
      await inParallel(Array.from({ length: count }).keys(), {
        limit: 32,
        signal: new AbortController().signal,
        work: async (index) => void (await addresses.hold({ name: `dead-${index}`, uid: uidOf(index), node })),
      });
      const controller = await bed.controller({ cleanup: { interval: 1000, grace: 3000 } });
      const freed = (): Promise<number> => controller.metric('antrea_controller_released_total');
      await until(async () => (await freed()) > 0, { what: 'the first one' });
      const begun = performance.now();
      const answers = await askAsAnother(async () => (await freed()) === count);
      console.log(`${count} freed in ${Math.round(performance.now() - begun)} ms; GET by another client:`, answers);
      expect(await alive.isHeld()).toBe(true);
      expect(await cluster.admin.list(`${allocationPath}?limit=10`)).toHaveLength(1);
      const own = (await cluster.audited()).filter(
        ({ user }) => user === 'system:serviceaccount:antrea-cni:controller',
      );
      const pods = own.filter(({ resource }) => resource === 'pods');
      // One to begin the watch, two that judge; and more of what is freed when the watch is late to tell.
      expect(pods.filter(({ verb }) => verb === 'list').length).toBeLessThan(8);
      expect(pods.filter(({ verb }) => verb === 'get')).toHaveLength(0);
      expect(own.filter(({ verb, resource }) => verb === 'delete' && resource === 'ipallocations')).toHaveLength(count);
    },
  );
});

function uidOf(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

/** How long others wait for an answer meanwhile, in milliseconds. */
async function askAsAnother(
  isDone: () => Promise<boolean>,
): Promise<{ readonly median: number; readonly max: number }> {
  const times: number[] = [];
  await until(
    async () => {
      const begun = performance.now();
      await bed.cluster.admin.get(bed.addresses.poolPath);
      times.push(performance.now() - begun);
      return isDone();
    },
    { what: 'the last one', timeoutMs: 200_000, everyMs: 250 },
  );
  const sorted = times.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 };
}

import { readNodeFile } from '../../config/node-file.ts';
import { messageOf } from '../../system/failure.ts';
import { sleep } from '../../system/sleep.ts';
import type { Context, Service } from '../context.ts';
import { runtimesBy } from '../cri/known.ts';
import { createCleaner, type Cleaner, type CleanerMeans } from './cleaner.ts';
import { createCleanupMetrics } from './metrics.ts';
import { createTroubles, type Troubles } from './troubles.ts';

/**
 * Removes what sandboxes have left behind that went without a DEL, or whose DEL failed: ports, links, addresses, and
 * what the plugin had written down. Of this Node only, and only what can be in use no more.
 */
export const cleanup: Service = {
  name: 'cleanup',
  start: async (context) => {
    const ending = new AbortController();
    const metrics = createCleanupMetrics(context.registry);
    // Loaded when there is a runtime to be asked.
    const runtimes = runtimesBy(async (socket) => (await import('../cri/client.ts')).openRuntime(socket));
    const troubles = createTroubles({ log: context.log, metrics });
    const running = run(context, { metrics, runtimes, troubles, signal: ending.signal });
    return {
      notReady: () => missingRuntime(context, troubles),
      stop: async () => {
        ending.abort();
        await running;
        runtimes.close();
      },
    };
  },
};

/** Of a runtime that nobody has named, it is not said whether there is one at all. */
function missingRuntime({ settings }: Pick<Context, 'settings'>, troubles: Troubles): string | undefined {
  const { gates, containerRuntimeEndpoint } = settings.get();
  const problem = gates.AntreaIPAM && containerRuntimeEndpoint !== undefined ? troubles.present('runtime') : undefined;
  return problem && `containerRuntimeEndpoint: ${problem}`;
}

/** Milliseconds until the next try when the Node file cannot be read. */
const pause = 10_000;

async function run(context: Context, means: CleanerMeans): Promise<void> {
  const current = followNodeFile(context, means);
  let told = '';
  while (!means.signal.aborted) {
    let interval = pause;
    try {
      const cleaner = await means.troubles.attempt('node-file', async () => current());
      interval = cleaner?.interval ?? pause;
      if (context.settings.get().gates.AntreaIPAM) await cleaner?.round();
      told = '';
    } catch (error) {
      const message = messageOf(error);
      // There are thousands of rounds in a day.
      if (message !== told) context.log('error', 'clean-up failed', { error: message });
      told = message;
    }
    await sleep(interval, means.signal);
  }
}

/**
 * The plugin reads its Node file at each start: so what is there now is what holds.
 * @returns what cleans up by the Node file of now; throws Failure when there is none that can be used
 */
function followNodeFile(context: Context, means: CleanerMeans): () => Cleaner {
  const nodeFile = process.env['ANTREA_NODE_CONFIG'] || undefined;
  let last: Cleaner | undefined;
  return () => {
    const node = readNodeFile(context.files, nodeFile);
    if (last === undefined || JSON.stringify(last.node) !== JSON.stringify(node))
      last = createCleaner({ ...context, node, nodeFile }, means);
    return last;
  };
}

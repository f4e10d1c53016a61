import type { NodeSettings } from '../../config/node-file.ts';
import { bootID } from '../../system/boot-id.ts';
import type { Context } from '../context.ts';
import type { KnownSandboxes, Runtimes } from '../cri/known.ts';
import { runtimeSockets } from '../cri/sockets.ts';
import { allocationsOf, storeOf } from './allocations.ts';
import { wasRebooted } from './boot.ts';
import { backgroundList } from './background-list.ts';
import { createHousekeeping } from './housekeeping.ts';
import type { CleanupMetrics } from './metrics.ts';
import { patienceFor } from './patience.ts';
import { installedPlugin } from './plugin.ts';
import { readPortOwners } from './ports.ts';
import { createRound } from './round.ts';
import { createSightings } from './sightings.ts';
import type { Troubles } from './troubles.ts';

export interface CleanerMeans {
  readonly metrics: CleanupMetrics;
  readonly runtimes: Runtimes;
  readonly troubles: Troubles;
  readonly signal: AbortSignal;
}

/** Cleans up by one state of the Node file. */
export interface Cleaner {
  readonly node: NodeSettings;
  /** Milliseconds between two rounds. */
  readonly interval: number;
  readonly round: () => Promise<void>;
}

export interface CleanerContext extends Pick<Context, 'settings' | 'cluster' | 'files' | 'log'> {
  readonly node: NodeSettings;
  /** undefined: the default one. */
  readonly nodeFile: string | undefined;
}

/** @throws Failure `config` */
export function createCleaner(context: CleanerContext, means: CleanerMeans): Cleaner {
  const { cluster, files, log, node, nodeFile } = context;
  const { metrics, troubles, signal } = means;
  const { dataDir, ovsdb } = node;
  const { interval, ...patience } = patienceFor(node.timeoutSeconds);
  const timeout = (node.timeoutSeconds + 10) * 1000;
  const store = storeOf(node, cluster?.client);
  const plugin = installedPlugin(nodeFile, signal);
  const look = createRound({
    node,
    files,
    plugin,
    store,
    timeout,
    troubles,
    metrics,
    log,
    signal,
    clock,
    ports: () => readPortOwners({ database: ovsdb, timeout: () => 5000, remaining: () => 15_000 }),
    allocations: backgroundList({
      read: async () => troubles.attempt('store', () => allocationsOf(store, node)),
      clock,
    }),
    // The API server looks through the allocations of all Nodes for it.
    maxAge: patience.late * (0.8 + 0.4 * Math.random()),
    runtimes: knownSandboxes(context, means),
    sightings: createSightings(patience),
    patience: patience.late,
    rebooted: wasRebooted(files, dataDir, bootID()),
  });
  const keepHouse = createHousekeeping({ files, dataDir, plugin, timeout, clock });
  return {
    node,
    interval,
    round: async () => {
      await look();
      await troubles.attempt('leftovers', keepHouse);
    },
  };
}

function knownSandboxes(
  { files, settings }: CleanerContext,
  { runtimes, troubles, metrics }: CleanerMeans,
): () => Promise<KnownSandboxes> {
  return async () => {
    const known = await runtimes.list(runtimeSockets(files, settings.get().containerRuntimeEndpoint));
    troubles.tell('runtime', known.problem);
    metrics.runtime(known.trusted);
    return known;
  };
}

/** Monotonic, milliseconds: whoever sets the machine's time frees nothing by it. */
function clock(): number {
  return performance.now();
}

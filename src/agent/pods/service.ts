import { Gauge } from 'prom-client';
import { nodeFilePath } from '../../config/node-file-path.ts';
import { watchConnections } from '../../kube/watch/connection.ts';
import { watchCollection, type WatchMetrics } from '../../kube/watch/watch.ts';
import { fileSandboxes } from '../../system/sandboxes.ts';
import type { Cluster } from '../cluster.ts';
import type { Context, RunningService, Service } from '../context.ts';
import { repeat } from '../repeat.ts';
import { installedNatively } from './installed.ts';
import { podsOf } from './pod-view.ts';
import { watchPods, type PodWatcher } from './watcher.ts';

/**
 * Tells on Pods of this Node, and by a metric, that they run without the networks that they ask for, or that their
 * annotation was changed in vain. Only where the plugin attaches all networks of a Pod; under Multus, that is Multus' to say.
 */
export const pods: Service = {
  name: 'pods',
  start: async (context) => {
    const nodeFile = nodeFilePath(process.env['ANTREA_NODE_CONFIG']);
    return startPods(context, { nodeFile });
  },
};

export interface PodsOptions {
  readonly nodeFile: string;
  /** Milliseconds between two looks; default: ten seconds. */
  readonly interval?: number;
}

export interface PodsContext extends Pick<Context, 'cluster' | 'registry' | 'files' | 'log'> {
  readonly metrics: WatchMetrics;
}

export function startPods(context: PodsContext, { nodeFile, interval = 10_000 }: PodsOptions): RunningService {
  const { cluster, registry, files, log } = context;
  if (cluster === undefined) return { notReady: () => undefined, stop: async () => {} };
  const bare = new Gauge({
    name: 'antrea_agent_pods_without_networks',
    help: 'Pods of this Node that run without networks that their annotation asks for.',
    registers: [registry],
  });
  const open = watcherOf(cluster, context);
  const ending = new AbortController();
  let watcher: OpenWatcher | undefined;
  const look = async (): Promise<void> => {
    const installed = installedNatively(nodeFile, files);
    if (installed === undefined) {
      watcher?.close();
      watcher = undefined;
      bare.set(0);
      return;
    }
    watcher ??= open();
    if (watcher.problem() !== undefined) return;
    const records = fileSandboxes(files, installed.dataDir).list();
    bare.set(await watcher.look({ records, skipNamespaces: installed.skipNamespaces }));
  };
  const running = repeat(look, { interval, signal: ending.signal, log, what: 'look after the Pods of this Node' });
  return {
    notReady: () => watcher?.problem(),
    stop: async () => {
      ending.abort();
      await running;
      watcher?.close();
    },
  };
}

interface OpenWatcher extends PodWatcher {
  /** Why the Pods of now are not known; undefined: they are. */
  readonly problem: () => string | undefined;
  readonly close: () => void;
}

/** Milliseconds for an Event; the next look tries again. */
const patience = 5000;

function watcherOf({ access, client, nodeName }: Cluster, { metrics, log }: PodsContext): () => OpenWatcher {
  return () => {
    const ending = new AbortController();
    const collection = watchCollection({
      api: { client, openWatch: watchConnections(access, 'antrea-agent') },
      ...podsOf(nodeName),
      signal: ending.signal,
      log,
      metrics,
    });
    const reporter = { client, component: 'antrea-cni/agent', node: nodeName, patience } as const;
    const watcher = watchPods({ pods: collection, reporter, log });
    const close = (): void => {
      watcher.stop();
      ending.abort();
    };
    return { ...watcher, problem: collection.problem, close };
  };
}

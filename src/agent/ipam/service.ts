import { nodeFilePath } from '../../config/node-file-path.ts';
import type { Context, Service } from '../context.ts';
import { repeat } from '../repeat.ts';
import { createSocketMetrics } from './metrics.ts';
import { noteSocket } from './node-file.ts';
import { startServing, type Serving } from './serve.ts';

/**
 * The socket by which the plugin gets addresses without connections to the API server of its own. Served while
 * `featureGates.AntreaIPAM` is on and there is a cluster.
 */
export const addresses: Service = {
  name: 'addresses',
  start: async (context) => {
    const { cluster, settings, log } = context;
    if (cluster === undefined) return { notReady: () => undefined, stop: async () => {} };
    const { access, nodeName } = cluster;
    const nodeFile = nodeFilePath(process.env['ANTREA_NODE_CONFIG']);
    const metrics = createSocketMetrics(context.registry);
    let serving: (Serving & { readonly path: string }) | undefined;
    const follow = async (): Promise<void> => {
      const path = wantedPath(context);
      if (path === serving?.path) return;
      await serving?.stop();
      serving =
        path === undefined ? undefined : { path, ...startServing({ access, nodeName, path, nodeFile, metrics, log }) };
    };
    let following = follow();
    const stopFollowing = settings.onChange(() => {
      following = following.then(follow);
    });
    const noting = startNoting(context, () => serving?.path);
    return {
      notReady: () => serving?.problem(),
      stop: async () => {
        stopFollowing();
        await Promise.all([following, noting.stop()]);
        await serving?.stop();
      },
    };
  },
};

function wantedPath({ settings }: Context): string | undefined {
  const { gates, agentSocket } = settings.get();
  return gates.AntreaIPAM ? agentSocket : undefined;
}

/** The plugin may be installed later than the agent is started. */
function startNoting(
  { log, nodeName }: Context,
  path: () => string | undefined,
): { readonly stop: () => Promise<void> } {
  const stopping = new AbortController();
  const nodeFile = nodeFilePath(process.env['ANTREA_NODE_CONFIG']);
  const look = async (): Promise<void> => {
    const socket = path();
    if (socket !== undefined && noteSocket(nodeFile, { socket, nodeName })) {
      log('info', 'the plugin is told of the socket', { nodeFile, socket });
    }
  };
  const done = repeat(look, { interval: 10_000, signal: stopping.signal, log, what: 'tell the plugin of the socket' });
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

import { nodeFilePath } from '../../config/node-file-path.ts';
import { servedSocket } from '../config/settings.ts';
import type { Service } from '../context.ts';
import { createSocketMetrics } from './metrics.ts';
import { startServing, type Serving } from './serve.ts';

/**
 * The socket by which the plugin gets addresses, and asks the API server, without connections of its own to that. Served while
 * `featureGates.AntreaIPAM` is on and there is a cluster.
 */
export const addresses: Service = {
  name: 'addresses',
  start: async (context) => {
    const { cluster, settings, log } = context;
    if (cluster === undefined) return { notReady: () => undefined, stop: async () => {} };
    const { access, nodeName } = cluster;
    const nodeFile = nodeFilePath(process.env['ANTREA_NODE_CONFIG']);
    const metrics = { ...context.metrics, ...createSocketMetrics(context.registry) };
    let serving: (Serving & { readonly path: string }) | undefined;
    const follow = async (): Promise<void> => {
      const path = servedSocket(settings.get());
      if (path === serving?.path) return;
      await serving?.stop();
      serving =
        path === undefined ? undefined : { path, ...startServing({ access, nodeName, path, nodeFile, metrics, log }) };
    };
    let following = follow();
    const stopFollowing = settings.onChange(() => {
      following = following.then(follow);
    });
    return {
      notReady: () => serving?.problem(),
      stop: async () => {
        stopFollowing();
        await following;
        await serving?.stop();
      },
    };
  },
};

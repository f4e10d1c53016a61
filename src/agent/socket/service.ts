import { nodeFilePath } from '../../config/node-file-path.ts';
import { messageOf } from '../../system/failure.ts';
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
    // What is wanted now is served whatever becomes of what was wanted before.
    const stopServing = async (): Promise<void> => {
      try {
        await serving?.stop();
      } catch (error) {
        log('error', 'the socket was not closed as it should', { path: serving?.path, error: messageOf(error) });
      }
      serving = undefined;
    };
    const follow = async (): Promise<void> => {
      const path = servedSocket(settings.get());
      if (path === serving?.path) return;
      await stopServing();
      if (path !== undefined) serving = { path, ...startServing({ access, nodeName, path, nodeFile, metrics, log }) };
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
        await stopServing();
      },
    };
  },
};

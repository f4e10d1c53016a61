import { Counter } from 'prom-client';
import { defaultNodeFile } from '../../config/node-file.ts';
import type { Service } from '../context.ts';
import { startKeeping } from './keep.ts';
import type { Observe } from './service.ts';

/**
 * Keeps what `antrea install` has put onto this Node up to date: the plugin's token, and its place after the primary
 * network. Where nothing is installed, or the agent knows no cluster, it has nothing to do.
 */
export const installation: Service = {
  name: 'installation',
  start: async ({ cluster, registry, log }) => {
    if (cluster === undefined) return { notReady: () => undefined, stop: async () => {} };
    const looks = new Counter({
      name: 'antrea_agent_installation_total',
      help: 'Renewals of the token of the plugin, and looks at the configuration of the primary network.',
      labelNames: ['what', 'outcome'],
      registers: [registry],
    });
    const failing = new Set<string>();
    const observe =
      (what: string): Observe =>
      (outcome) => {
        looks.inc({ what, outcome });
        if (outcome === 'done') failing.delete(what);
        else failing.add(what);
      };
    const running = startKeeping({
      nodeFile: process.env['ANTREA_NODE_CONFIG'] || defaultNodeFile,
      client: cluster.client,
      log,
      observeToken: observe('token'),
      observeConflist: observe('conflist'),
    });
    return {
      notReady: () =>
        failing.size === 0 ? undefined : `not up to date: ${[...failing].join(' and ')}; the log says why`,
      stop: running.stop,
    };
  },
};

import { Counter, type Registry } from 'prom-client';
import { nodeFilePath } from '../../config/node-file-path.ts';
import type { Context, Service } from '../context.ts';
import { startInstalling } from './installing.ts';
import { startKeeping } from './keep.ts';
import { startNodeFileWatch } from './node-file-watch.ts';
import type { Observe } from './running.ts';

/**
 * Installs the plugin where the configuration has `install`; and keeps up to date what is installed, by itself or by
 * `antrea install`: the plugin's token, its place after the primary network, and what its Node file says of the bridge.
 * Where the agent knows no cluster, it has nothing to do.
 */
export const installation: Service = {
  name: 'installation',
  start: async (context) => {
    const { cluster, registry, log, settings } = context;
    if (cluster === undefined) return { notReady: () => withoutCluster(context), stop: async () => {} };
    const { observe, failing } = observer(registry);
    const nodeFile = nodeFilePath(process.env['ANTREA_NODE_CONFIG']);
    const nodeFileWatch = startNodeFileWatch({ ...context, nodeFile, observe: observe('node-file') });
    const { client } = cluster;
    const observers = { observeToken: observe('token'), observeConflist: observe('conflist') };
    const keeping = startKeeping({ nodeFile, client, log, ...observers });
    const installing = startInstalling({
      settings,
      cluster,
      nodeFile,
      log,
      nodeName: context.nodeName,
      observe: observe('plugin'),
      installed: nodeFileWatch.look,
    });
    return {
      notReady: () => installing.problem() ?? outdated(failing),
      stop: async () => {
        await installing.stop();
        await keeping.stop();
        await nodeFileWatch.stop();
      },
    };
  },
};

function withoutCluster({ settings }: Pick<Context, 'settings'>): string | undefined {
  return settings.get().install && 'the plugin is not installed: that takes a cluster, which gives it a token';
}

interface Observer {
  readonly observe: (what: string) => Observe;
  /** What has not worked last. */
  readonly failing: ReadonlySet<string>;
}

function observer(registry: Registry): Observer {
  const looks = new Counter({
    name: 'antrea_agent_installation_total',
    help: 'Installations, renewals of the token of the plugin, and looks at the configuration of the primary network and at the Node file.',
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
  return { observe, failing };
}

function outdated(failing: ReadonlySet<string>): string | undefined {
  return failing.size === 0 ? undefined : `not up to date: ${[...failing].join(' and ')}; the log says why`;
}

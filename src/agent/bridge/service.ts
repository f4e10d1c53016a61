import { bridgeDriver } from '../../net/ovs/socket/bridges.ts';
import { exec } from '../../system/exec.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Context, RunningService } from '../context.ts';
import { createFollowed, type Following } from '../followed.ts';
import { journalPath, moveJournal } from '../move/journal.ts';
import { startWatchdog } from '../move/watchdog.ts';
import { startUpkeep } from '../upkeep.ts';
import type { BridgeMeans } from './context.ts';
import { desiredBridge } from './desired.ts';
import { releaseHostConnection } from './host-connection.ts';
import { findManagement } from './management.ts';
import { reconcile } from './reconcile.ts';
import type { BridgeState } from './state.ts';

/** Milliseconds: how often the bridge is looked at, and how soon again after a failure, later and later. */
const interval = 10_000;
const retry = { first: 2000, last: 30_000 } as const;

/** Keeps the secondary bridge as it is wanted; `state` says how far that is. */
export function startBridge(context: Omit<Context, 'bridge'>, state: Following<BridgeState>): RunningService {
  const { settings, cluster, ovs, log } = context;
  const means = bridgeMeans(context);
  const problems = createFollowed<readonly string[]>([]);
  problems.onChange((all) => all.forEach((problem) => log('warn', problem)));
  const upkeep = startUpkeep({
    look: () => round(context, { means, state, problems }),
    interval,
    retry,
    changes: [settings, cluster?.node, cluster?.nodeConfigs, ovs],
  });
  return {
    notReady: () => problemOf(state.get()) ?? cluster?.nodeConfigs.problem(),
    stop: async () => {
      await upkeep.stop();
      try {
        // The bridge stays, and so do uplinks without addresses: Pods go on.
        await releaseHostConnection(undefined, means);
      } catch (error) {
        log('error', 'the host connection could not be restored', { error: messageOf(error) });
      }
    },
  };
}

interface RoundOptions {
  readonly means: BridgeMeans;
  readonly state: Following<BridgeState>;
  /** Of AntreaNodeConfig objects; each change is told. */
  readonly problems: Following<readonly string[]>;
}

/** Whether nothing was in the way. */
async function round(context: Omit<Context, 'bridge'>, { means, state, problems }: RoundOptions): Promise<boolean> {
  const { settings, cluster, metrics, log } = context;
  const before = state.get();
  try {
    const desired = desiredBridge(settings.get(), cluster);
    if (desired.kind === 'unknown') throw new Failure('unavailable', `the bridge is left as it is: ${desired.reason}`);
    if (desired.kind === 'off') {
      state.set({ phase: 'off' });
    } else {
      problems.set(desired.problems);
      const { allowManagementInterface, datapathType } = settings.get();
      state.set(await reconcile({ bridge: desired.bridge, allowManagementInterface, datapathType }, means));
    }
    metrics.reconciled('done');
  } catch (error) {
    state.set({ phase: 'failed', reason: messageOf(error) });
    metrics.reconciled('failed');
  }
  const after = state.get();
  metrics.setBridge(after.phase);
  if (JSON.stringify(before) !== JSON.stringify(after))
    log(after.phase === 'failed' ? 'error' : 'info', 'bridge', after);
  return after.phase !== 'failed';
}

function bridgeMeans({ settings, cluster, files, log }: Omit<Context, 'bridge'>): BridgeMeans {
  // What these are at the start holds for the life of the process.
  const { ovsdb, dataDir } = settings.get();
  const server = cluster && { host: cluster.access.server.host, port: cluster.access.server.port };
  return {
    exec,
    ovs: bridgeDriver({ database: ovsdb, timeout: () => 5000, remaining: () => 20_000 }),
    log,
    journal: moveJournal(files, journalPath(dataDir)),
    startWatchdog: () => startWatchdog({ dataDir, ovsdb }),
    management: () => findManagement(exec, { server, internalIPs: cluster?.node.get()?.internalIPs }),
  };
}

function problemOf(state: BridgeState): string | undefined {
  if (state.phase === 'failed') return state.reason;
  if (state.phase === 'draining') return `the bridge ${state.name} is not wanted, and Pods are attached to it`;
  return undefined;
}

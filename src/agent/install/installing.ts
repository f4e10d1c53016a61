import { isSea } from 'node:sea';
import { exec } from '../../system/exec.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Cluster } from '../cluster.ts';
import type { InstallSettings } from '../config/settings.ts';
import type { Context } from '../context.ts';
import { requireHost } from '../host/require.ts';
import { startUpkeep } from '../upkeep.ts';
import { install } from './install.ts';
import type { Observe, Running } from './running.ts';

export interface InstallingContext extends Pick<Context, 'settings' | 'nodeName' | 'log'> {
  readonly cluster: Cluster;
  readonly nodeFile: string;
  readonly observe: Observe;
  /** What has been installed is to be brought up to date. */
  readonly installed: () => void;
}

export interface Installing extends Running {
  /** Why the plugin is not installed; undefined: it is, or is not to be. */
  readonly problem: () => string | undefined;
}

/** Milliseconds: how soon it is tried again, later and later. */
const retry = { first: 1000, last: 30_000 } as const;

/** Installs the plugin as the configuration says, now and when that is changed, until it has worked. */
export function startInstalling(context: InstallingContext): Installing {
  const { settings } = context;
  const state: State = { problem: settings.get().install && 'the plugin is not installed yet', done: '' };
  const ending = new AbortController();
  const look = async (): Promise<boolean> => {
    await attempt(context, state, ending.signal);
    return state.problem === undefined;
  };
  const { stop } = startUpkeep({ look, interval: retry.last, retry, changes: [settings] });
  return {
    problem: () => state.problem,
    stop: async () => {
      ending.abort();
      await stop();
    },
  };
}

interface State {
  problem: string | undefined;
  /** Settings that have been followed. */
  done: string;
}

async function attempt(context: InstallingContext, state: State, signal: AbortSignal): Promise<void> {
  const { settings, log, observe, installed } = context;
  const wanted = settings.get().install;
  const text = JSON.stringify(wanted) ?? '';
  if (text === state.done) return;
  try {
    if (wanted !== undefined) await installOnce(wanted, context, signal);
    state.problem = undefined;
    state.done = text;
    observe('done');
    installed();
  } catch (error) {
    if (signal.aborted) return;
    observe('failed');
    const reason = reasonOf(error);
    if (reason !== state.problem) log('error', 'the plugin cannot be installed', { reason });
    state.problem = reason;
  }
}

async function installOnce(wanted: InstallSettings, context: InstallingContext, signal: AbortSignal): Promise<void> {
  const { cluster, nodeName, nodeFile, log } = context;
  const { mode, cniBinDir, cniConfDir, pluginName: plugin, server, tokenLifetime } = wanted;
  requireHost(exec);
  await install({
    executable: executableOf(wanted),
    cniBinDir,
    cniConfDir,
    nodeFile,
    plugin,
    mode,
    nodeName,
    server,
    tokenLifetime,
    signal,
    client: cluster.client,
    access: cluster.access,
    say: (line) => log('info', line),
    dryRun: false,
  });
}

function executableOf({ executable }: InstallSettings): string {
  if (executable !== undefined) return executable;
  if (isSea()) return process.execPath;
  throw new Failure('config', 'this agent runs from source: name the executable to install as install.executable');
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  const advice = error instanceof Failure && error.details !== undefined ? ` (${error.details})` : '';
  return `${messageOf(error)}${advice}`;
}

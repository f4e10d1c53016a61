import type { KubeClient } from '../../kube/client.ts';
import { Failure, messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
import { repeat } from '../repeat.ts';
import { startConflistWatch } from './conflist-watch.ts';
import { nodeFolder, readRecord, type Installation } from './record.ts';
import type { Observe, Running } from './running.ts';
import { startTokenRenewal } from './token-renewal.ts';

export interface KeepContext {
  readonly nodeFile: string;
  /** With rights to ask for tokens of the plugin. */
  readonly client: KubeClient;
  readonly log: Log;
  readonly observeToken: Observe;
  readonly observeConflist: Observe;
  /** Milliseconds between two looks at what is installed; default: half a minute. */
  readonly interval?: number;
}

const defaultInterval = 30_000;

/** Keeps token and conflist of whatever is installed on this Node up to date, as the record of it says; nothing where there is none. */
export function startKeeping(context: KeepContext): Running {
  const { interval = defaultInterval, log } = context;
  const installed = recordReader(context);
  const ending = new AbortController();
  let kept = '';
  let running: readonly Running[] = [];
  const stopAll = async (): Promise<void> => {
    await Promise.all(running.map(async ({ stop }) => stop()));
    running = [];
  };
  const look = async (): Promise<void> => {
    const current = installed();
    const wanted = JSON.stringify(current) ?? '';
    if (wanted === kept) return;
    kept = wanted;
    await stopAll();
    if (current === undefined) return;
    const isWanted = (): boolean => JSON.stringify(installed()) === wanted;
    running = startServices(context, current, isWanted);
  };
  const looking = repeat(look, { interval, signal: ending.signal, log, what: 'look at what is installed' });
  return {
    stop: async () => {
      ending.abort();
      await looking;
      await stopAll();
    },
  };
}

function startServices(context: KeepContext, current: Installation, isWanted: () => boolean): readonly Running[] {
  const { nodeFile, client, log, observeToken, observeConflist } = context;
  const { mode, plugin, confDir, nodeName, tokenLifetime: lifetime } = current;
  const { token: path } = nodeFolder(nodeFile);
  const renewal = startTokenRenewal({ client, nodeName, path, lifetime, log, observe: observeToken, isWanted });
  if (mode === 'multus') return [renewal];
  return [renewal, startConflistWatch({ confDir, plugin, log, observe: observeConflist, isWanted })];
}

/** What is wrong with the record it says once, until that is something else. */
function recordReader({ nodeFile, log }: KeepContext): () => Installation | undefined {
  const path = nodeFolder(nodeFile).record;
  let said = '';
  return () => {
    try {
      const current = readRecord(path)?.current;
      said = '';
      return current;
    } catch (error) {
      const message = messageOf(error);
      if (message !== said) log('error', message, { advice: error instanceof Failure ? error.details : undefined });
      said = message;
      return undefined;
    }
  };
}

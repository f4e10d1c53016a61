import type { KubeClient } from '../../kube/client.ts';
import { Failure } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
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
  const { interval = defaultInterval } = context;
  let kept = '';
  let running: readonly Running[] = [];
  const stopAll = async (): Promise<void> => {
    await Promise.all(running.map(async ({ stop }) => stop()));
    running = [];
  };
  const look = async (): Promise<void> => {
    const current = installed(context);
    const wanted = JSON.stringify(current) ?? '';
    if (wanted === kept) return;
    kept = wanted;
    await stopAll();
    if (current !== undefined) running = startServices(context, current, wanted);
  };
  let looking = look();
  const regular = setInterval(() => {
    looking = looking.then(look);
  }, interval);
  return {
    stop: async () => {
      clearInterval(regular);
      await looking;
      await stopAll();
    },
  };
}

function startServices(context: KeepContext, current: Installation, wanted: string): readonly Running[] {
  const { nodeFile, client, log, observeToken, observeConflist } = context;
  const { mode, plugin, confDir, nodeName, tokenLifetime: lifetime } = current;
  const isWanted = (): boolean => JSON.stringify(installed(context)) === wanted;
  const { token: path } = nodeFolder(nodeFile);
  const renewal = startTokenRenewal({ client, nodeName, path, lifetime, log, observe: observeToken, isWanted });
  if (mode === 'multus') return [renewal];
  return [renewal, startConflistWatch({ confDir, plugin, log, observe: observeConflist, isWanted })];
}

function installed({ nodeFile, log }: KeepContext): Installation | undefined {
  try {
    return readRecord(nodeFolder(nodeFile).record)?.current;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    log('error', error.message, { advice: error.details });
    return undefined;
  }
}

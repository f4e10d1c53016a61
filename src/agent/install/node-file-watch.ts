import { messageOf } from '../../system/failure.ts';
import type { Context } from '../context.ts';
import { keepAgentKeys } from './agent-keys.ts';
import type { Observe, Running } from './running.ts';
import { wantedKeys, type KeyFacts } from './wanted-keys.ts';

export interface NodeFileContext extends KeyFacts, Pick<Context, 'log'> {
  readonly nodeFile: string;
  readonly observe: Observe;
  /** Milliseconds between two looks without a change: an administrator may have written the Node file anew. Default: half a minute. */
  readonly interval?: number;
}

export interface NodeFileWatch extends Running {
  readonly look: () => void;
}

/** Keeps the Node file such that the plugin uses the bridge that the agent has made, and what else the agent was told. */
export function startNodeFileWatch(context: NodeFileContext): NodeFileWatch {
  const { settings, bridge, cluster, nodeFile, log, observe, interval = 30_000 } = context;
  let said = '';
  const look = (): void => {
    try {
      if (keepAgentKeys(nodeFile, wantedKeys(context))) log('info', 'the Node file is written anew', { nodeFile });
      said = '';
      observe('done');
    } catch (error) {
      observe('failed');
      if (messageOf(error) !== said) log('error', 'the Node file cannot be kept', { reason: messageOf(error) });
      said = messageOf(error);
    }
  };
  look();
  const regular = setInterval(look, interval);
  const unfollow = [settings, bridge, cluster?.nodeConfigs].map((one) => one?.onChange(look));
  return {
    look,
    stop: async () => {
      clearInterval(regular);
      for (const stop of unfollow) stop?.();
    },
  };
}

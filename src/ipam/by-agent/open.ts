import type { Log } from '../../system/log.ts';
import type { KubernetesStore } from '../kubernetes/store.ts';
import type { Store } from '../store.ts';
import { openExchange } from '../../agent-protocol/exchange.ts';
import { createAgentStore } from './store.ts';

export interface Way {
  /** Path of the agent's socket; undefined: this Node has none. */
  readonly socket: string | undefined;
  readonly log: Log;
}

/** The store by way of the agent, where there is a socket of one. */
export function byWayOfAgent(direct: KubernetesStore, { socket, log }: Way): Store {
  const onNoAnswer = (reason: string): void =>
    log('info', 'the agent does not answer: the API server is asked itself', { reason, socket });
  return socket === undefined ? direct : createAgentStore({ direct, exchange: openExchange(socket), onNoAnswer });
}

import type { KubernetesStore } from '../kubernetes/store.ts';
import type { Store } from '../store.ts';
import { openExchange } from './exchange.ts';
import { createAgentStore } from './store.ts';

export interface Way {
  /** Path of the agent's socket; undefined: this Node has none. */
  readonly socket: string | undefined;
  /** Told why the agent gave no answer. */
  readonly onNoAnswer: (reason: string) => void;
}

/** The store by way of the agent, where there is a socket of one. */
export function byWayOfAgent(direct: KubernetesStore, { socket, onNoAnswer }: Way): Store {
  return socket === undefined ? direct : createAgentStore({ direct, exchange: openExchange(socket), onNoAnswer });
}

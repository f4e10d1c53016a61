import type { Begun } from '../../agent-protocol/begun.ts';
import type { Exchange } from '../../agent-protocol/exchange.ts';
import { sayingNoAnswer } from '../../agent-protocol/no-answer.ts';
import type { Log } from '../../system/log.ts';
import type { KubernetesStore } from '../kubernetes/store.ts';
import type { Store } from '../store.ts';
import { createAgentStore } from './store.ts';

export interface Way {
  /** undefined: this Node has no agent. */
  readonly exchange: Exchange | undefined;
  /** As of AgentStoreOptions. */
  readonly begun: () => readonly Begun[];
  readonly log: Log;
}

/** The store by way of the agent, where there is one. */
export function byWayOfAgent(direct: KubernetesStore, { exchange, begun, log }: Way): Store {
  if (exchange === undefined) return direct;
  return createAgentStore({ direct, exchange, begun, onNoAnswer: sayingNoAnswer(log, exchange) });
}

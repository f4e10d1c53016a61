import { Counter, Gauge, type Registry } from 'prom-client';
import type { SessionOptions } from './session.ts';

/** What Prometheus reads of the socket. */
export interface SocketMetrics extends Pick<SessionOptions, 'observe'> {
  /** A request was turned away: too many were under way. */
  readonly busy: () => void;
  /** From now on, this says how many requests are under way. */
  readonly underWay: (count: () => number) => void;
}

export function createSocketMetrics(registry: Registry): SocketMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'antrea_agent_ipam_requests_total',
    help: 'Requests of the plugin over the socket.',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  let counted: (() => number) | undefined;
  // Asked when Prometheus reads: a request costs two changes otherwise.
  const underWay: Gauge = new Gauge({
    name: 'antrea_agent_ipam_requests',
    help: 'Requests of the plugin that are under way.',
    registers,
    collect: () => underWay.set(counted?.() ?? 0),
  });
  return {
    observe: (operation, outcome) => requests.inc({ operation, outcome }),
    busy: () => requests.inc({ operation: 'any', outcome: 'busy' }),
    underWay: (count) => {
      counted = count;
    },
  };
}

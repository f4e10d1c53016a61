import { Counter, Gauge, type Registry } from 'prom-client';
import type { WatchMetrics } from '../../kube/watch/watch.ts';
import type { SessionOptions } from './session.ts';

/** What Prometheus reads of the socket. */
export interface SocketMetrics extends WatchMetrics, Pick<SessionOptions, 'observe'> {
  /** A request was turned away: too many were under way. */
  readonly busy: () => void;
  /** How many requests are under way, now. */
  readonly underWay: (count: number) => void;
}

export function createSocketMetrics(registry: Registry): SocketMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'antrea_agent_ipam_requests_total',
    help: 'Requests of the plugin over the socket.',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  const restarts = new Counter({
    name: 'antrea_agent_ipam_watch_restarts_total',
    help: 'Connections of watches of pools and addresses that ended.',
    labelNames: ['path', 'reason'],
    registers,
  });
  const underWay = new Gauge({
    name: 'antrea_agent_ipam_requests',
    help: 'Requests of the plugin that are under way.',
    registers,
  });
  return {
    observe: (operation, outcome) => requests.inc({ operation, outcome }),
    busy: () => requests.inc({ operation: 'any', outcome: 'busy' }),
    underWay: (count) => underWay.set(count),
    watchRestarted: (path, reason) => restarts.inc({ path, reason }),
  };
}

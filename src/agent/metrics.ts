import { Counter, Gauge, type Registry } from 'prom-client';
import type { WatchMetrics } from '../kube/watch/watch.ts';
import { registerProcessMetrics } from '../system/process-metrics.ts';

/** What Prometheus reads of the agent itself. */
export interface Metrics extends WatchMetrics {
  readonly setBridge: (phase: string) => void;
  readonly reconciled: (outcome: 'done' | 'failed') => void;
  readonly configRead: (outcome: 'applied' | 'refused') => void;
}

const phases = ['off', 'failed', 'none', 'ready', 'draining'] as const;

export function createMetrics(registry: Registry): Metrics {
  const registers = [registry];
  registerProcessMetrics(registry);
  const bridge = new Gauge({
    name: 'antrea_agent_bridge',
    help: '1 for what the secondary bridge of this Node is at, 0 for the rest.',
    labelNames: ['phase'],
    registers,
  });
  const rounds = new Counter({
    name: 'antrea_agent_bridge_rounds_total',
    help: 'Times that the bridge was compared with what is wanted.',
    labelNames: ['outcome'],
    registers,
  });
  const readings = new Counter({
    name: 'antrea_agent_config_readings_total',
    help: 'Changes of the configuration file.',
    labelNames: ['outcome'],
    registers,
  });
  const restarts = new Counter({
    name: 'antrea_agent_watch_restarts_total',
    help: 'Connections of watches that ended.',
    labelNames: ['path', 'reason'],
    registers,
  });
  return {
    setBridge: (phase) => phases.forEach((one) => bridge.set({ phase: one }, Number(one === phase))),
    reconciled: (outcome) => rounds.inc({ outcome }),
    watchRestarted: (path, reason) => restarts.inc({ path, reason }),
    configRead: (outcome) => readings.inc({ outcome }),
  };
}

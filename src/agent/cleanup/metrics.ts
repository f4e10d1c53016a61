import { Counter, Gauge, type Registry } from 'prom-client';
import type { Removed } from './undo.ts';

/** What could not be looked at, or not be done. */
export type Trouble = 'node-file' | 'runtime' | 'ports' | 'store' | 'release' | 'leftovers';

export interface CleanupMetrics {
  readonly removed: (what: Removed | 'entry') => void;
  readonly failed: (trouble: Trouble) => void;
  /** Sandboxes that are gone and wait for their time; those of which something could not be freed. */
  readonly left: (counts: { readonly waiting: number; readonly pending: number }) => void;
  readonly runtime: (answers: boolean) => void;
  /** How many records of the plugin cannot be read. */
  readonly damaged: (counts: { readonly attachment: number; readonly sandbox: number }) => void;
}

export function createCleanupMetrics(registry: Registry): CleanupMetrics {
  const registers = [registry];
  const removed = new Counter({
    name: 'antrea_agent_cleanup_removed_total',
    help: 'What sandboxes that are gone had left behind, and the agent has removed.',
    labelNames: ['what'],
    registers,
  });
  const failures = new Counter({
    name: 'antrea_agent_cleanup_failures_total',
    help: 'Times that clean-up could not look at something, or not remove it.',
    labelNames: ['what'],
    registers,
  });
  const left = new Gauge({
    name: 'antrea_agent_cleanup_sandboxes',
    help: 'Sandboxes that are gone and have left something behind: all that wait, and those that could not be cleaned up.',
    labelNames: ['state'],
    registers,
  });
  const runtime = new Gauge({
    name: 'antrea_agent_cleanup_runtime_answers',
    help: '1 when the container runtime says which sandboxes it knows.',
    registers,
  });
  return {
    removed: (what) => removed.inc({ what }),
    failed: (what) => failures.inc({ what }),
    left: ({ waiting, pending }) => {
      left.set({ state: 'waiting' }, waiting);
      left.set({ state: 'pending' }, pending);
    },
    runtime: (answers) => runtime.set(Number(answers)),
    damaged: damagedMetric(registry),
  };
}

function damagedMetric(registry: Registry): CleanupMetrics['damaged'] {
  const damaged = new Gauge({
    name: 'antrea_agent_cleanup_damaged',
    help: 'Records of the plugin that cannot be read: of attachments, and of Pods with all their networks.',
    labelNames: ['what'],
    registers: [registry],
  });
  return (counts) => Object.entries(counts).forEach(([what, count]) => damaged.set({ what }, count));
}

import { Counter, Gauge, Registry } from 'prom-client';
import type { WatchMetrics } from '../kube/watch/watch.ts';
import { registerProcessMetrics } from '../system/process-metrics.ts';

export interface PoolFigures {
  readonly name: string;
  readonly total: number;
  readonly used: number;
  /** That Pods can still get. */
  readonly free: number;
}

/** What Prometheus reads. */
export interface Metrics extends WatchMetrics {
  readonly setPool: (figures: PoolFigures) => void;
  readonly removePool: (name: string) => void;
  readonly setAllocations: (count: number) => void;
  readonly setLeader: (leading: boolean) => void;
  /** An address that nobody would have given back any more was freed. */
  readonly released: (reason: string) => void;
  /** Clean-up has looked at all addresses. @param waiting whose Pod is gone, and which are not freed yet */
  readonly swept: (waiting: number) => void;
  /** @param work what was not done, to be done later: `status`, `finalizer`, `event`, `lease`, `release`, … */
  readonly requestFailed: (work: string) => void;
  /** Calls `update` before each reading: for what need not be known at other times. */
  readonly beforeRead: (update: () => void) => void;
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  registerProcessMetrics(registry);
  const updates: (() => void)[] = [];
  return {
    ...poolMetrics(registry),
    ...cleanupMetrics(registry),
    ...workMetrics(registry),
    beforeRead: (update) => void updates.push(update),
    text: async () => {
      for (const update of updates) update();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

function poolMetrics(registry: Registry): Pick<Metrics, 'setPool' | 'removePool' | 'setAllocations'> {
  const of = (what: string, help: string): Gauge<'pool'> =>
    gauge(registry, { name: `ippool_addresses_${what}`, help, labelNames: ['pool'] });
  const total = of('total', 'Addresses of a pool that Pods can have.');
  const used = of('used', 'Addresses of a pool that are held.');
  const free = of('free', 'Addresses of a pool that Pods can still get.');
  const allocations = gauge(registry, { name: 'ipallocations', help: 'Addresses that are held, of all pools.' });
  return {
    setPool: ({ name: pool, ...figures }) => {
      total.set({ pool }, figures.total);
      used.set({ pool }, figures.used);
      free.set({ pool }, figures.free);
    },
    removePool: (pool) => [total, used, free].forEach((each) => each.remove({ pool })),
    setAllocations: (count) => allocations.set(count),
  };
}

function cleanupMetrics(registry: Registry): Pick<Metrics, 'released' | 'swept'> {
  const released = counter(registry, {
    name: 'controller_released_total',
    help: 'Addresses freed because their Pod is gone.',
    labelNames: ['reason'],
  });
  const sweeps = counter(registry, {
    name: 'controller_sweeps_total',
    help: 'Times that clean-up has looked at all addresses.',
  });
  const waiting = gauge(registry, {
    name: 'controller_waiting',
    help: 'Addresses whose Pod is gone, and which are not freed yet.',
  });
  return {
    released: (reason) => released.inc({ reason }),
    swept: (count) => {
      sweeps.inc();
      waiting.set(count);
    },
  };
}

function workMetrics(registry: Registry): Pick<Metrics, 'setLeader' | 'watchRestarted' | 'requestFailed'> {
  const leader = gauge(registry, {
    name: 'controller_leader',
    help: '1 while this controller is the one that works, else 0.',
  });
  const restarts = counter(registry, {
    name: 'controller_watch_restarts_total',
    help: 'Connections of watches that ended.',
    labelNames: ['path', 'reason'],
  });
  const failures = counter(registry, {
    name: 'controller_api_errors_total',
    help: 'What the API server did not do for us.',
    labelNames: ['work'],
  });
  leader.set(0);
  return {
    setLeader: (leading) => leader.set(leading ? 1 : 0),
    watchRestarted: (path, reason) => restarts.inc({ path, reason }),
    requestFailed: (work) => failures.inc({ work }),
  };
}

interface Instrument<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: Label[];
}

function gauge<Label extends string>(registry: Registry, { name, ...rest }: Instrument<Label>): Gauge<Label> {
  return new Gauge({ name: `antrea_${name}`, ...rest, registers: [registry] });
}

function counter<Label extends string>(registry: Registry, { name, ...rest }: Instrument<Label>): Counter<Label> {
  return new Counter({ name: `antrea_${name}`, ...rest, registers: [registry] });
}

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

export interface PoolFigures {
  readonly name: string;
  readonly total: number;
  readonly used: number;
  /** That Pods can still get. */
  readonly free: number;
}

/** What Prometheus reads. */
export interface Metrics {
  readonly setPool: (figures: PoolFigures) => void;
  readonly removePool: (name: string) => void;
  readonly setAllocations: (count: number) => void;
  readonly setLeader: (leading: boolean) => void;
  /** An address that nobody would have given back any more was freed. */
  readonly released: (reason: string) => void;
  /** @param path of the resource: `/api/v1/pods` */
  readonly watchRestarted: (path: string, reason: 'expired' | 'closed' | 'error') => void;
  /** @param work what was not done, to be done later: `status`, `finalizer`, `event`, `lease`, `release`, … */
  readonly requestFailed: (work: string) => void;
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> =>
    new Gauge({ name: `antrea_${name}`, help, labelNames, registers: [registry] });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> =>
    new Counter({ name: `antrea_${name}`, help, labelNames, registers: [registry] });
  const total = gauge('ippool_addresses_total', 'Addresses of a pool that Pods can have.', ['pool']);
  const used = gauge('ippool_addresses_used', 'Addresses of a pool that are held.', ['pool']);
  const free = gauge('ippool_addresses_free', 'Addresses of a pool that Pods can still get.', ['pool']);
  const allocations = gauge('ipallocations', 'Addresses that are held, of all pools.');
  const leader = gauge('controller_leader', '1 while this controller is the one that works, else 0.');
  const released = counter('controller_released_total', 'Addresses freed because their Pod is gone.', ['reason']);
  const restarts = counter('controller_watch_restarts_total', 'Connections of watches that ended.', ['path', 'reason']);
  const failures = counter('controller_api_errors_total', 'What the API server did not do for us.', ['work']);
  leader.set(0);
  return {
    setPool: ({ name: pool, ...figures }) => {
      total.set({ pool }, figures.total);
      used.set({ pool }, figures.used);
      free.set({ pool }, figures.free);
    },
    removePool: (pool) => [total, used, free].forEach((each) => each.remove({ pool })),
    setAllocations: (count) => allocations.set(count),
    setLeader: (leading) => leader.set(leading ? 1 : 0),
    released: (reason) => released.inc({ reason }),
    watchRestarted: (path, reason) => restarts.inc({ path, reason }),
    requestFailed: (work) => failures.inc({ work }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

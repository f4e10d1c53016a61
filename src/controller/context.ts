import type { Log } from '../system/log.ts';
import type { Allocations } from './allocations.ts';
import type { Api } from '../kube/watch/api.ts';
import type { Metrics } from './metrics.ts';
import type { Pools } from './pools.ts';

/** What each duty of the controller works with, while this process leads. */
export interface Context {
  readonly api: Api;
  readonly pools: Pools;
  readonly allocations: Allocations;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Aborted when this process stops to lead, or ends: then nothing may be written any more. */
  readonly signal: AbortSignal;
}

/** A duty: started each time that this process comes to lead and knows all pools and allocations; ends with the signal. */
export type Duty = (context: Context) => void;

import type { Log } from '../../system/log.ts';

/** Something that runs until it is stopped; what goes wrong in it is logged and tried again. */
export interface Running {
  /** Resolves when nothing of it runs any more. */
  readonly stop: () => Promise<void>;
}

/** What came of one try, for metrics. */
export type Observe = (outcome: 'done' | 'failed') => void;

/** What each of them gets. */
export interface RunningContext {
  readonly log: Log;
  readonly observe: Observe;
  /** Asked before each look: what is being taken away must not be put back. Default: always. */
  readonly isWanted?: () => boolean;
}

import type { Log } from '../../system/log.ts';

/** Something that runs until it is stopped; what goes wrong in it is logged and tried again. */
export interface Running {
  /** Resolves when nothing of it runs any more. */
  readonly stop: () => Promise<void>;
}

/** What came of one try of a service, for metrics. */
export type Observe = (outcome: 'done' | 'failed') => void;

/** What each service of the installation gets. */
export interface ServiceContext {
  readonly log: Log;
  readonly observe: Observe;
  /** Asked before each look: what is being taken away must not be put back. Default: always. */
  readonly isWanted?: () => boolean;
}

import type { Registry } from 'prom-client';
import type { Files } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import type { BridgeState } from './bridge/state.ts';
import type { Cluster } from './cluster.ts';
import type { FollowedFile } from './config/follow.ts';
import type { Followed } from './followed.ts';
import type { Metrics } from './metrics.ts';
import type { OvsChanges } from './ovs/follow.ts';

/** What each service of the agent works with. */
export interface Context {
  /** Changes when the file changes. */
  readonly settings: FollowedFile;
  readonly nodeName: string;
  /** undefined: the agent was told of no cluster. */
  readonly cluster: Cluster | undefined;
  /** The secondary bridge as it is now. */
  readonly bridge: Followed<BridgeState>;
  /** Tells when Open vSwitch has to be looked at. */
  readonly ovs: OvsChanges;
  readonly metrics: Metrics;
  /** Where a service registers metrics of its own. */
  readonly registry: Registry;
  readonly files: Files;
  readonly log: Log;
}

/**
 * Something that the agent does all the time. Services are started in their order, and stopped in the reverse one.
 * What a running service cannot do it tries again by itself, and says so in `notReady`.
 */
export interface Service {
  /** For logs, and in the answer of /readyz. */
  readonly name: string;
  /** @throws Failure when the agent cannot work at all */
  readonly start: (context: Context) => Promise<RunningService>;
}

export interface RunningService {
  /** What is missing; undefined: nothing. */
  readonly notReady: () => string | undefined;
  /** Gives back what must not outlive the agent. The process ends when all services have stopped. */
  readonly stop: () => Promise<void>;
}

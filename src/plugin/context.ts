import type { Exchange } from '../agent-protocol/exchange.ts';
import type { Call } from '../cni/dispatch.ts';
import type { NodeSettings } from '../config/node-file.ts';
import type { Store } from '../ipam/store.ts';
import type { OvsDriver } from '../net/ovs/driver.ts';
import type { Exec } from '../system/exec.ts';
import type { Files } from '../system/files.ts';
import type { Journal } from '../system/journal.ts';
import type { Log } from '../system/log.ts';
import type { Start } from '../system/start.ts';
import type { CallDeadline } from '../system/time.ts';

/** Everything that a verb reads and acts through. */
export interface Context {
  readonly call: Call;
  /** Last component of the name that we were called by: what `type` and `ipam.type` must be to mean us. */
  readonly ownType: string;
  readonly settings: NodeSettings;
  readonly store: Store;
  /** undefined: this Node has no agent. */
  readonly agent: Exchange | undefined;
  /** Whether the agent was told of this call before us. */
  readonly isAnnounced: boolean;
  readonly journal: Journal;
  /** Removes what dead processes have left half-made in the store; only GC has time for it. */
  readonly sweep: () => void;
  readonly ovs: OvsDriver;
  readonly files: Files;
  readonly exec: Exec;
  readonly start: Start;
  readonly pause: (milliseconds: number) => void;
  readonly deadline: CallDeadline;
  readonly log: Log;
}

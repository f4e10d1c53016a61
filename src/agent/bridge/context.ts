import type { Log } from '../../system/log.ts';
import type { MoveMeans } from '../move/move.ts';
import type { Management } from './management.ts';

/** What keeping the bridge works with. */
export interface BridgeMeans extends MoveMeans {
  /** @throws Failure `unavailable` while it cannot be told */
  readonly management: () => Promise<Management>;
  readonly log: Log;
}

export interface BridgeRules {
  readonly allowManagementInterface: boolean;
  readonly datapathType: string;
}

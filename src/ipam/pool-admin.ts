import type { JsonObject } from './manifest.ts';

/** What `ippool apply|get|delete` do, in either store. */
export interface PoolAdmin {
  /**
   * Creates or changes a pool. `force` allows it to overlap with another one on the same VLAN.
   * @throws Failure `config` (not a valid pool), `refused` (would do harm)
   */
  applyPool(manifest: unknown, options: { readonly force: boolean }): Promise<ApplyOutcome>;
  /** By name. */
  listPools(): Promise<readonly PoolObject[]>;
  /** @throws Failure `not-found` */
  getPool(name: string): Promise<PoolObject>;
  /** @throws Failure `not-found`; `refused` while addresses are held, whose pool stays as it was */
  deletePool(name: string): Promise<void>;
}

export type ApplyOutcome = 'created' | 'configured' | 'unchanged';

/** An IPPool as a Kubernetes API gives it. */
export interface PoolObject {
  readonly apiVersion: string;
  readonly kind: 'IPPool';
  readonly metadata: JsonObject & { readonly name: string };
  readonly spec: JsonObject;
  readonly status: {
    /** `total` is 2^53−1 for larger pools. */
    readonly usage: { readonly used: number; readonly total: number };
  };
}

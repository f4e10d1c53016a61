/** A Node's Lease at one instant; undefined where there is none. */
export type SeenLease =
  | {
      /** Only compared with itself: it is the Node's clock that wrote it. */
      readonly renewTime: string;
      /** Milliseconds without renewal after which the Node counts as lost. */
      readonly duration: number;
    }
  | undefined;

/** What has been seen of a Node's Lease over time. Times are milliseconds of our own monotonic clock. */
export interface LeaseHistory {
  readonly lease: SeenLease;
  readonly observedAt: number;
  /** For how long the Lease has been as it is, as far as we were watching. */
  readonly unchangedFor: number;
  /** Since when it has been renewed without a gap; undefined: it is not, or that is not known yet. */
  readonly renewedSince: number | undefined;
}

export interface Observation {
  readonly lease: SeenLease;
  readonly now: number;
  /** Milliseconds between two observations beyond which anything may have happened unnoticed. */
  readonly maxGap: number;
}

export type LeaseState =
  /** Not watched for long enough. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'renewed'; readonly since: number }
  /** @param lasting milliseconds that we were watching */
  | { readonly kind: 'stale'; readonly lasting: number };

/**
 * A renewal is a change that we saw: so no clock but our own counts, and a restart of the controller begins anew. What
 * we did not watch counts for nothing: while the API server is away, no Node can renew its Lease.
 */
export function observe(before: LeaseHistory | undefined, { lease, now, maxGap }: Observation): LeaseHistory {
  const fresh = { lease, observedAt: now, unchangedFor: 0, renewedSince: undefined };
  if (before === undefined) return fresh;
  const passed = now - before.observedAt;
  const watched = passed <= maxGap;
  if (lease?.renewTime !== before.lease?.renewTime) {
    if (lease === undefined) return fresh;
    return { ...fresh, renewedSince: watched ? (before.renewedSince ?? now) : now };
  }
  const later = { ...fresh, unchangedFor: before.unchangedFor + (watched ? passed : 0) };
  return isStale(later) || !watched ? later : { ...later, renewedSince: before.renewedSince };
}

export function stateOf(history: LeaseHistory): LeaseState {
  if (isStale(history)) return { kind: 'stale', lasting: history.unchangedFor };
  const { renewedSince } = history;
  return renewedSince === undefined ? { kind: 'unknown' } : { kind: 'renewed', since: renewedSince };
}

function isStale({ lease, unchangedFor }: LeaseHistory): boolean {
  return lease === undefined || unchangedFor > lease.duration;
}

import type { LeaseState } from './lease-history.ts';

/** The Node of an owner. Times are milliseconds of our own monotonic clock. */
export type NodeState =
  /** The owner names none. */
  | { readonly kind: 'unnamed' }
  /** Its Lease has not been watched for long enough. */
  | { readonly kind: 'unknown' }
  /** The kubelet has renewed the Lease without a gap since then. */
  | { readonly kind: 'alive'; readonly since: number }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'out-of-service' }
  /** The Lease has not been renewed for so long, as far as we were watching. */
  | { readonly kind: 'lost'; readonly lasting: number };

/** Milliseconds. */
export interface Patience {
  /** How long a Pod must be gone: what a kubelet may need until it has ended what a deleted Pod ran. */
  readonly grace: number;
  /** How long a Node must be away before it counts as gone for good. */
  readonly lostNodeAfter: number;
}

export interface Case {
  readonly now: number;
  /** When the API first said, in a consistent read, that the Pod is gone. */
  readonly goneSince: number;
  readonly node: NodeState;
}

/**
 * Whether the address of a Pod that is gone from the API may be freed. On a Node that lives, the kubelet needs its
 * time from the moment on at which it can know: it was not cut off, and the Pod was gone.
 */
export function mayFree({ now, goneSince, node }: Case, { grace, lostNodeAfter }: Patience): boolean {
  if (now - goneSince < grace) return false;
  if (node.kind === 'unknown') return false;
  if (node.kind === 'unnamed') return now - goneSince >= lostNodeAfter;
  if (node.kind === 'alive') return now - node.since >= grace;
  return node.kind !== 'lost' || node.lasting >= lostNodeAfter;
}

/** What the API has of a Node. */
export interface NodeObject {
  readonly outOfService: boolean;
}

/**
 * A Node whose Lease is renewed lives, whatever its object says: deleting that ends no kubelet.
 * @param object undefined: there is none
 */
export function nodeStateOf(lease: LeaseState, object: NodeObject | undefined): NodeState {
  if (lease.kind === 'renewed') return { kind: 'alive', since: lease.since };
  if (lease.kind === 'unknown') return { kind: 'unknown' };
  if (object === undefined) return { kind: 'deleted' };
  return object.outOfService ? { kind: 'out-of-service' } : { kind: 'lost', lasting: lease.lasting };
}

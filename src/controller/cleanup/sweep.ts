import type { Allocation } from '../../ipam/store.ts';
import { inParallel } from '../in-parallel.ts';
import { lookUpOwners, type LivePods } from './live-pods.ts';
import type { NodeWatch } from './node-watch.ts';
import { isGivenByServer, isOwner } from '../pod-identity.ts';
import type { Sightings } from './sightings.ts';
import { findSuspects, type PodView } from './suspects.ts';
import { mayFree, type NodeState, type Patience } from './verdict.ts';

export interface Sweeping {
  readonly held: () => Iterable<Allocation>;
  readonly pods: PodView;
  readonly live: LivePods;
  readonly nodes: NodeWatch;
  readonly sightings: Sightings;
  readonly free: Free;
  readonly patience: Patience;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** Deletes this very object, unless it is changed or gone by now. */
export type Free = (allocation: Allocation, node: NodeState['kind']) => Promise<void>;

export interface SweepReport {
  /** Addresses whose Pod is known to be gone, and which have to wait. */
  readonly waiting: number;
  readonly errors: readonly unknown[];
}

/**
 * One round of clean-up. An address is freed when two consistent reads, a grace period apart, find its Pod gone: the
 * first one here, the second one in a later sweep, right before the address is freed.
 * @throws Failure `unavailable`
 */
export async function sweep(sweeping: Sweeping, signal: AbortSignal): Promise<SweepReport> {
  const { held, pods, live, nodes, sightings, clock } = sweeping;
  const suspects = findSuspects(held(), pods);
  sightings.keepOnly(suspects);
  const names = new Set(suspects.map(({ owner }) => owner.pod.node).filter((name) => name !== ''));
  const unseen = await nodes.look({ names, signal });
  const ripe = new Set(suspects.filter((allocation) => isRipe(sweeping, allocation)));
  const fresh = suspects.filter((allocation) => sightings.goneSince(allocation) === undefined);
  const question = { allocations: [...fresh, ...ripe], podCount: pods.size(), signal };
  const { alive, gone, errors } = await lookUpOwners(live, question);
  for (const allocation of alive) sightings.drop(allocation);
  for (const allocation of gone) sightings.add(allocation, clock());
  const dead = gone.filter((allocation) => ripe.has(allocation));
  const failures = await inParallel(dead, {
    limit: maxParallel,
    signal,
    work: (allocation) => freeOne(sweeping, allocation),
  });
  return { waiting: sightings.count(), errors: [...unseen, ...errors, ...failures] };
}

const maxParallel = 16;

function isRipe({ sightings, nodes, clock, patience }: Sweeping, allocation: Allocation): boolean {
  const goneSince = sightings.goneSince(allocation);
  if (goneSince === undefined) return false;
  return mayFree({ now: clock(), goneSince, node: nodes.stateOf(allocation.owner.pod.node) }, patience);
}

async function freeOne({ live, nodes, sightings, free }: Sweeping, allocation: Allocation): Promise<void> {
  const { pod } = allocation.owner;
  if (!(await isBack(live, allocation))) await free(allocation, nodes.stateOf(pod.node).kind);
  sightings.drop(allocation);
}

/** The API server never gives a UID again. But a kubelet makes the stand-in of a static Pod anew when somebody deletes it. */
async function isBack(live: LivePods, { owner: { pod } }: Allocation): Promise<boolean> {
  if (isGivenByServer(pod.uid)) return false;
  const found = await live.get(pod);
  return found !== undefined && isOwner(found, pod);
}

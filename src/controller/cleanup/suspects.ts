import type { Allocation } from '../../ipam/store.ts';
import type { PodReference } from '../pod-identity.ts';

/** What is known of Pods without asking. It may be behind, so it only tells where to look. */
export interface PodView {
  readonly has: (owner: PodReference) => boolean;
  /** How many Pods there are. */
  readonly size: () => number;
}

/**
 * The addresses whose Pod seems to be gone. Never among them: owners that are no Pods (cnitool, podman), which only
 * those can free who gave them, and what is kept for an owner that does not run now.
 */
export function findSuspects(held: Iterable<Allocation>, pods: PodView): readonly Allocation[] {
  const suspects: Allocation[] = [];
  for (const allocation of held) if (isOfPod(allocation) && !pods.has(allocation.owner.pod)) suspects.push(allocation);
  return suspects;
}

function isOfPod({ phase, owner: { pod } }: Allocation): boolean {
  return phase === 'Allocated' && pod.uid !== '' && pod.namespace !== '' && pod.name !== '';
}

import type { Patience } from './sightings.ts';

/**
 * Milliseconds. An ADD that is under way shows a namespace or a lock; the shorter time is twice as long as one may take
 * at all, so that it could be under way nowhere.
 * @param timeoutSeconds of the Node file: longest time of one call
 */
export function patienceFor(timeoutSeconds: number): Patience & { readonly interval: number } {
  const soon = 2 * timeoutSeconds * 1000;
  return { soon, late: 5 * soon, interval: Math.min(soon / 4, 30_000) };
}

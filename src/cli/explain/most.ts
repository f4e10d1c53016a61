import { ownerName } from '../../ipam/owner.ts';
import type { Allocation } from '../../ipam/store.ts';
import { ok, type Finding } from '../../system/finding.ts';

/** How many of each kind are named. */
const shown = 3;

/** Who holds the most. */
export function holdersFinding(held: readonly Allocation[]): readonly Finding[] {
  if (held.length === 0) return [ok('holders', 'nobody holds an address')];
  const parts = [
    counted('Namespaces', held, ({ owner }) => owner.pod.namespace),
    counted('Nodes', held, ({ owner }) => owner.pod.node),
    counted('Pods', held, ({ owner }) => ownerName(owner)),
  ];
  return [ok('holders', `the most: ${parts.join('; ')}`)];
}

/** `Nodes node-1 12, node-2 3, and 4 more` */
function counted(what: string, held: readonly Allocation[], keyOf: (allocation: Allocation) => string): string {
  const groups = [...Map.groupBy(held, keyOf)].toSorted(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  const texts = groups.slice(0, shown).map(([key, { length }]) => `${key || '(not told)'} ${length}`);
  const more = groups.length - texts.length;
  return `${what} ${texts.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

import { poolTotal } from '../../ipam/allocatable.ts';
import type { Pool } from '../../ipam/pool.ts';
import { selects } from '../../ipam/selector-match.ts';
import { Failure } from '../../system/failure.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import type { Holding } from './holdings.ts';
import { sectionOf, type Lookup } from './lookup.ts';
import { isThisPod, type PodFacts } from './pod-facts.ts';
import { usageOf } from './usage.ts';
import type { StoredPool } from './view.ts';

/** A pool that a network of a Pod names. */
export interface PoolUse {
  readonly name: string;
  /** undefined: there is none. */
  readonly stored: StoredPool | undefined;
  /** All that is held of it. */
  readonly holdings: readonly Holding[];
}

export interface PoolCase {
  /** Names the network. */
  readonly label: string;
  readonly facts: PodFacts;
  readonly network: string;
  readonly namespace: Lookup;
  /** Whether another pool of this one's family gives the network an address. */
  readonly hasOther: boolean;
}

/** Why the Pod gets no address of the pool for this network; nothing when it has one. */
export function poolFindings(use: PoolUse, wanted: PoolCase): readonly Finding[] {
  const { label, facts, network, namespace, hasOther } = wanted;
  if (isHeldBy(use, facts, network)) return [];
  const { stored, name } = use;
  if (stored === undefined) {
    const advice = 'which there are: kubectl get ippools; make it: antrea ippool apply --help';
    return [fail(label, `pool ${name} does not exist`, advice)];
  }
  const { pool } = stored;
  if (pool instanceof Failure)
    return [fail(label, `pool ${name} is not valid: ${pool.message}`, `kubectl edit ippool ${name}`)];
  if (pool.deleting) {
    return [fail(label, `pool ${name} is being deleted: nothing more is allocated from it`, 'name another one')];
  }
  const refused = namespaceFinding(pool, { label, facts, namespace });
  if (refused !== undefined) return [refused];
  return [
    isFull(pool, use.holdings) ? fullFinding(pool, { label, hasOther }) : ok(label, `pool ${name} has free addresses`),
  ];
}

/** What the Pod holds of the pool, for the network. */
export function isHeldBy({ holdings }: PoolUse, facts: PodFacts, network: string): boolean {
  return holdings.some(({ allocation: { owner } }) => owner.network === network && isThisPod(facts, owner));
}

function isFull(pool: Pool, holdings: readonly Holding[]): boolean {
  const { total, used } = usageOf(pool, holdings);
  return used >= total;
}

function fullFinding(pool: Pool, { label, hasOther }: Pick<PoolCase, 'label' | 'hasOther'>): Finding {
  const message = `pool ${pool.name} is exhausted: all ${poolTotal(pool)} addresses are held`;
  const advice = `who holds them, and whether they live: antrea explain pool/${pool.name}`;
  return hasOther
    ? warn(label, `${message}; another pool of the network serves IPv${pool.family}`, advice)
    : fail(label, message, advice);
}

function namespaceFinding(
  { name, namespaceSelector }: Pool,
  { label, facts, namespace }: Pick<PoolCase, 'label' | 'facts' | 'namespace'>,
): Finding | undefined {
  if (namespaceSelector === undefined) return undefined;
  if (namespace.kind !== 'found') {
    const reason = namespace.kind === 'refused' ? namespace.reason : 'it does not exist';
    return warn(
      label,
      `whether Namespace ${facts.namespace} may use pool ${name} cannot be told: ${reason}`,
      'ask as somebody who may: --context NAME',
    );
  }
  const labels = sectionOf(sectionOf(namespace.object, 'metadata'), 'labels');
  const pairs = Object.entries(labels).map(([key, value]): [string, string] => [key, String(value)]);
  if (selects(namespaceSelector, new Map(pairs))) return undefined;
  return fail(
    label,
    `Namespace ${facts.namespace} may not use pool ${name}: its labels are not as spec.namespaceSelector demands`,
    `kubectl label namespace ${facts.namespace} KEY=VALUE, as kubectl get ippool ${name} -o yaml shows; or another pool`,
  );
}

import { formatAddress } from '../../ipam/address.ts';
import { poolsOverlap } from '../../ipam/pool-change.ts';
import type { Pool } from '../../ipam/pool.ts';
import { Failure } from '../../system/failure.ts';
import { isJsonObject, type JsonObject } from '../../system/json-object.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import type { Explanation } from './explanation.ts';
import { deadHolders } from './dead-holders.ts';
import type { Holding } from './holdings.ts';
import { sectionOf } from './lookup.ts';
import { holdersFinding } from './most.ts';
import { usageOf, type Usage } from './usage.ts';
import { getPool, listPools, type StoredPool, type View } from './view.ts';

/** How full a pool is, who holds it, and what keeps Pods from getting an address of it. */
export async function explainPool(view: View, name: string): Promise<Explanation> {
  const stored = await getPool(view, name);
  const holdings = await view.holdings.find({ pool: name });
  const held = holdings.map(({ allocation }) => allocation);
  const { pool } = stored;
  const dead = await deadHolders(view, held);
  const findings =
    pool instanceof Failure
      ? [fail('spec', `${pool.message}: nothing is allocated`, adviceFor(view, name))]
      : [...usage(pool, usageOf(pool, holdings)), ...(await overlaps(view, pool)), ...selector(stored)];
  return {
    kind: 'IPPool',
    name,
    found: true,
    held,
    findings: [...deletion(stored, holdings.length), ...findings, ...holdersFinding(held), ...dead, ...status(stored)],
  };
}

function adviceFor({ cluster }: View, name: string): string {
  if (cluster !== undefined) return `antrea ippool get ${name} -o yaml`;
  return 'remove its file, and antrea ippool apply -f FILE: the addresses that are held stay held';
}

function deletion({ name, pool }: StoredPool, used: number): readonly Finding[] {
  if (pool instanceof Failure || !pool.deleting) return [];
  const message = 'is being deleted: nothing more is allocated from it';
  if (used === 0) {
    return [
      fail('deletion', `${message}, and nothing is held: the controller lets it go`, `antrea ippool delete ${name}`),
    ];
  }
  return [
    fail('deletion', `${message}, and it goes when its ${used} addresses are released`, 'end the Pods that hold them'),
  ];
}

/** From here on it is said: as the controller has it. */
const nearlyFull = { held: 9n, of: 10n };

function usage(pool: Pool, { total, used, reserved, outside }: Usage): readonly Finding[] {
  return [
    fullness(pool, { total, used }),
    ...(reserved.length === 0
      ? []
      : [ok('reserved', `${reserved.length} more are held, and reserved by now: ${examplesOf(reserved).join(', ')}`)]),
    ...(outside.length === 0 ? [] : [outsiders(outside)]),
  ];
}

function fullness(pool: Pool, { total, used }: Pick<Usage, 'total' | 'used'>): Finding {
  const free = total - used;
  const message = `${total} in all, ${used} held, ${free} free; VLAN ${pool.vlan}`;
  const advice = `add a range, for ranges can be added at any time: antrea ippool get ${pool.name} -o yaml >pool.yaml; antrea ippool apply -f pool.yaml`;
  if (free === 0n) return fail('addresses', `${message}: exhausted, no further Pod gets one`, advice);
  return used * nearlyFull.of >= total * nearlyFull.held
    ? warn('addresses', `${message}: nearly full`, advice)
    : ok('addresses', message);
}

function outsiders(outside: readonly Holding[]): Finding {
  const examples = examplesOf(outside);
  const message = `${outside.length} addresses that are held lie in no range of the pool: ${examples.join(', ')}`;
  return warn('out of range', message, `antrea explain ${examples[0]}`);
}

function examplesOf(holdings: readonly Holding[]): readonly string[] {
  return holdings.slice(0, 5).map(({ allocation }) => formatAddress(allocation.address));
}

async function overlaps(view: View, pool: Pool): Promise<readonly Finding[]> {
  const others = await listPools(view);
  const shared = others.flatMap(({ pool: other }) =>
    other instanceof Failure || other.name === pool.name || !poolsOverlap(pool, other) ? [] : [other.name],
  );
  if (shared.length === 0) return [];
  const message = `has addresses of ${shared.join(', ')} on the same VLAN ${pool.vlan}: two Pods could get one address`;
  return [fail('overlap', message, 'keep these out of one of them, by spec.excludes: antrea ippool apply -f FILE')];
}

function selector({ object, pool }: StoredPool): readonly Finding[] {
  if (pool instanceof Failure || pool.namespaceSelector === undefined) return [];
  const text = JSON.stringify(sectionOf(object, 'spec')['namespaceSelector']);
  return [ok('Namespaces', `only those with labels as ${text} may use it: kubectl get namespaces --show-labels`)];
}

/** What the controller has written. */
function status({ object }: StoredPool): readonly Finding[] {
  const { conditions } = sectionOf(object, 'status');
  const list: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  const holding = list.filter(isJsonObject).filter((condition) => condition['status'] === 'True');
  return holding.length === 0 ? [] : [ok('conditions', holding.map(conditionText).join('; '))];
}

function conditionText({ type, message }: JsonObject): string {
  return `${String(type)} (${String(message)})`;
}

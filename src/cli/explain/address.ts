import { formatAddress, type Address } from '../../ipam/address.ts';
import { inRanges, reservedBecause, subnetOf } from '../../ipam/allocatable.ts';
import type { Pool } from '../../ipam/pool.ts';
import { prefixContains } from '../../ipam/prefix.ts';
import { Failure } from '../../system/failure.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';
import type { Explanation } from './explanation.ts';
import type { Holding } from './holdings.ts';
import { explainHolding, listPools, type StoredPool, type View } from './view.ts';

/** Which pools an address is of, whether it can be given to a Pod, and who holds it. */
export async function explainAddress(view: View, address: Address): Promise<Explanation> {
  const stored = await listPools(view);
  const pools = stored.flatMap(({ pool }) => (pool instanceof Failure || pool.family !== address.family ? [] : [pool]));
  const found = await Promise.all(
    pools.map(async (pool) => ({ pool, held: await view.holdings.get(pool.name, address) })),
  );
  const holdings = found.flatMap(({ held }) => (held === undefined || held instanceof Failure ? [] : [held]));
  const owners = pools.filter((pool) => inRanges(pool, address));
  const held = await Promise.all(holdings.map((holding) => explainHolding(view, holding)));
  return {
    kind: 'Address',
    name: formatAddress(address),
    found: owners.length > 0 || holdings.length > 0,
    held: holdings.map(({ allocation }) => allocation),
    findings: [
      ...(owners.length === 0 ? [outside({ address, pools, holdings })] : severalFinding(owners, address)),
      ...twiceFinding(holdings, pools),
      ...found.flatMap((one) => (inRanges(one.pool, address) ? [inPool(one, address)] : [])),
      ...held.flat(),
      ...found.flatMap(({ held: one }) => (one instanceof Failure ? [damaged(one, address)] : [])),
      ...brokenPools(stored),
    ],
  };
}

interface Outside {
  readonly address: Address;
  readonly pools: readonly Pool[];
  readonly holdings: readonly Holding[];
}

function outside({ address, pools, holdings }: Outside): Finding {
  if (holdings.length > 0) {
    const names = holdings.map(({ allocation }) => allocation.pool).join(', ');
    const message = `is held of pool ${names}, and lies in none of its ranges: nobody gets it once it is free`;
    return warn('pools', message, 'which ranges there are: antrea ippool get -o wide');
  }
  const near = pools.find((pool) => prefixContains(subnetOf(pool), address));
  const subnet = near === undefined ? '' : ` (it is in the subnet of pool ${near.name}, and in none of its ranges)`;
  const message = `lies in no pool${subnet}: no Pod gets it from one, and who uses it as a static address is not known here`;
  return fail('pools', message, 'which ranges there are: antrea ippool get -o wide');
}

/** On one VLAN, whoever asks the one pool does not see what the other has given. */
function severalFinding(owners: readonly Pool[], address: Address): readonly Finding[] {
  if (owners.length < 2) return [];
  const names = owners.map(({ name, vlan }) => `${name} (VLAN ${vlan})`).join(', ');
  const giving = owners.filter((pool) => reservedBecause(pool, address) === undefined);
  const second = giving.find((pool, index) => giving.slice(0, index).some(({ vlan }) => vlan === pool.vlan));
  if (second === undefined) return [ok('pools', `lies in ${names}: on none of the VLANs, more than one pool gives it`)];
  return [
    fail(
      'pools',
      `lies in ${names}: on one VLAN, two Pods could get it`,
      `keep it out of one of them: add it to spec.excludes of ${second.name}, and antrea ippool apply -f FILE`,
    ),
  ];
}

function twiceFinding(holdings: readonly Holding[], pools: readonly Pool[]): readonly Finding[] {
  const vlans = holdings.map(({ allocation }) => pools.find(({ name }) => name === allocation.pool)?.vlan);
  if (new Set(vlans).size === vlans.length) return [];
  return [fail('holders', 'is held twice on one VLAN: two Pods may use it at once', 'recreate one of the Pods below')];
}

interface InPool {
  readonly pool: Pool;
  /** What the pool has of the address, if anything. */
  readonly held: Holding | Failure | undefined;
}

function inPool({ pool, held }: InPool, address: Address): Finding {
  const name = `pool ${pool.name}`;
  const isHeld = held !== undefined;
  const reserved = reservedBecause(pool, address);
  if (reserved !== undefined && isHeld) {
    return warn(name, `has it reserved (${reserved}), and yet it is held`, 'recreate the Pod: it gets another address');
  }
  if (reserved !== undefined) return ok(name, `has it reserved: ${reserved}; no Pod gets it`);
  if (pool.deleting) {
    return warn(name, 'is being deleted: nothing more is allocated from it', `antrea explain pool/${pool.name}`);
  }
  return ok(name, isHeld ? `has it in its ranges (VLAN ${pool.vlan})` : 'has it free: the next Pod may get it');
}

/** Nobody gets it while the file is there. */
function damaged({ message }: Failure, address: Address): Finding {
  const advice = `whether anything uses it: ping ${formatAddress(address)}, from its VLAN`;
  return fail('holder', `is not known: ${message}`, advice);
}

function brokenPools(stored: readonly StoredPool[]): readonly Finding[] {
  return stored.flatMap(({ name, pool }) =>
    pool instanceof Failure
      ? [warn(`pool ${name}`, `was not looked at: ${pool.message}`, `antrea explain pool/${name}`)]
      : [],
  );
}

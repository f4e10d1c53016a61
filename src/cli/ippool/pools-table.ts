import type { PoolObject } from '../../ipam/pool-admin.ts';
import { subnetOf } from '../../ipam/allocatable.ts';
import { formatAddress } from '../../ipam/address.ts';
import { readPool } from '../../ipam/pool.ts';
import type { Pool } from '../../ipam/pool.ts';
import { firstOf, formatPrefix } from '../../ipam/prefix.ts';
import { Failure } from '../../system/failure.ts';
import { formatAge } from '../output/age.ts';
import { formatTable } from '../output/table.ts';

/** Pools for people; `wide` with what is long. */
export function formatPools(
  pools: readonly PoolObject[],
  { wide, now }: { readonly wide: boolean; readonly now: Date },
): string {
  const headings = [
    'NAME',
    'SUBNET',
    'GATEWAY',
    'VLAN',
    'TOTAL',
    'USED',
    'AGE',
    ...(wide ? ['RANGES', 'EXCLUDES'] : []),
  ];
  return formatTable(
    headings,
    pools.map((object) => {
      const pool = validPool(object);
      if (pool === undefined) return invalidRow(object, now);
      return [...row(object, pool, now), ...(wide ? [texts(pool.ranges), texts(pool.excludes)] : [])];
    }),
  );
}

/** In a cluster, a pool may have been made before there were rules; nothing is allocated from it. */
function validPool(object: PoolObject): Pool | undefined {
  try {
    return readPool(object);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function invalidRow({ metadata, status }: PoolObject, now: Date): readonly string[] {
  const { total, used } = status.usage;
  const age = formatAge(metadata['creationTimestamp'], now);
  return [metadata.name, '<invalid>', '', '', String(total), String(used), age];
}

function row({ metadata, status }: PoolObject, pool: Pool, now: Date): readonly string[] {
  const { total, used } = status.usage;
  const subnet = subnetOf(pool);
  return [
    pool.name,
    formatPrefix({ ...subnet, address: firstOf(subnet) }),
    formatAddress(pool.gateway),
    pool.vlan === 0 ? 'untagged' : String(pool.vlan),
    total === Number.MAX_SAFE_INTEGER ? '>9e15' : String(total),
    String(used),
    pool.deleting ? 'deleting' : formatAge(metadata['creationTimestamp'], now),
  ];
}

function texts(ranges: Pool['ranges']): string {
  return ranges.map(({ text }) => text).join(',');
}

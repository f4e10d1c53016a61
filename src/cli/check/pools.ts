import { createFilePools } from '../../ipam/file/pools.ts';
import type { PoolObject } from '../../ipam/pool-admin.ts';
import { Failure } from '../../system/failure.ts';
import { fail, ok, warn, type Finding } from '../../system/finding.ts';

const name = 'pools';
const nearlyFull = 0.9;
/** Of all pools; a line has no room for more. */
const mostNames = 10;

/** Whether there are pools, and which ones soon have no address left. */
export async function checkPools(dataDir: string): Promise<readonly Finding[]> {
  try {
    return judgePools(await createFilePools({ dataDir, now: () => new Date() }).listPools());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [fail(name, error.message, 'repair what the message names: no pool can be changed until then')];
  }
}

/** @param pools all that there are */
export function judgePools(pools: readonly PoolObject[]): readonly Finding[] {
  if (pools.length === 0) return [warn(name, 'none yet', 'antrea ippool apply --help shows one')];
  const full = pools.flatMap((pool) => checkPool(pool) ?? []);
  const names = pools.slice(0, mostNames).map(({ metadata }) => metadata.name);
  return [ok(name, `${pools.length}: ${names.join(', ')}${pools.length > mostNames ? ', …' : ''}`), ...full];
}

function checkPool({ metadata, status }: PoolObject): Finding | undefined {
  const { used, total } = status.usage;
  // Also where its spec is not valid.
  if (total === 0)
    return warn(`pool ${metadata.name}`, 'has no address to give', `why: antrea explain pool/${metadata.name}`);
  if (used < total * nearlyFull) return undefined;
  return warn(
    `pool ${metadata.name}`,
    `${used} of ${total} addresses are held`,
    `add a range to it; who holds them: antrea ippool get ${metadata.name} --addresses`,
  );
}

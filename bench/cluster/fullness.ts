import { burst } from '../burst.ts';
import { allHosts, shuffled, type Fill, type Fullness } from '../fullness.ts';
import { rotated, summarize } from '../statistics.ts';
import { fromPool } from './contenders.ts';
import { fillClusterPool, makeClusterPool } from './pools.ts';
import type { ClusterStage } from './stage.ts';

export interface FillScale {
  readonly inUse: number;
  readonly rounds: number;
}

/** ADD from an empty /16, one whose lowest addresses are in use, and one with as many in use at random. */
export interface ClusterFullness {
  readonly inUse: number;
  /** Nobody says what is free. */
  readonly alone: Fullness;
  /** `status.free` of the pools is up to date. */
  readonly withController: Fullness;
}

/** @param startController makes `status.free` of the pools true, and keeps it so */
export async function measureClusterFullness(
  stage: ClusterStage,
  scale: FillScale,
  startController: () => Promise<void>,
): Promise<ClusterFullness> {
  await makeFillings(stage, scale);
  const alone = await measureFills(stage, scale);
  await startController();
  return { inUse: scale.inUse, alone, withController: await measureFills(stage, scale) };
}

const fills = ['empty', 'lowest', 'holes'] as const;

async function makeFillings({ cluster }: ClusterStage, { inUse }: FillScale): Promise<void> {
  const hosts = { empty: [], lowest: allHosts().slice(0, inUse), holes: shuffled(allHosts()).slice(0, inUse) };
  for (const [index, pool] of fills.entries()) {
    const second = 241 + index;
    const poolUID = await makeClusterPool(cluster, pool, second);
    if (hosts[pool].length > 0) await fillClusterPool(cluster, { pool, second, poolUID, hosts: hosts[pool] });
  }
}

async function measureFills(stage: ClusterStage, { inUse, rounds }: FillScale): Promise<Fullness> {
  const times: Record<Fill, number[]> = { empty: [], lowest: [], holes: [] };
  let failures = 0;
  for (let round = 0; round < rounds; round++) {
    for (const fill of rotated(fills, round)) {
      const one = await burst({ stage, contender: fromPool(stage, fill), atOnce: 1 });
      times[fill].push(...one.add.calls.filter((call) => call.code === 0).map((call) => call.ms));
      failures += one.failures.add.length + one.failures.del.length;
    }
  }
  const add = { empty: summarize(times.empty), lowest: summarize(times.lowest), holes: summarize(times.holes) };
  return { inUse, add, failures };
}

import { burst } from './burst.ts';
import { antreaWith } from './contenders.ts';
import { countAllocations } from './pools.ts';
import type { Scale } from './scale.ts';
import type { Leftovers, Stage } from './stage.ts';
import { summarize, type Summary } from './statistics.ts';

export interface Storm {
  readonly count: number;
  readonly atOnce: number;
  readonly add: { readonly calls: Summary; readonly totalMs: number };
  readonly del: { readonly calls: Summary; readonly totalMs: number };
  readonly failures: readonly string[];
  readonly duplicates: readonly string[];
  readonly left: Leftovers & { readonly allocations: number };
}

/** Many ADDs, all of them attached at the same time in the end, then as many DELs; then looks for what is left. */
export async function raiseStorm(stage: Stage, { storm: { count, atOnce } }: Scale): Promise<Storm> {
  const { add, del, failures, duplicates } = await burst({
    stage,
    contender: antreaWith(stage, 'bench'),
    atOnce,
    count,
  });
  return {
    count,
    atOnce,
    add: { calls: summarize(add.calls.map((call) => call.ms)), totalMs: add.wallMs },
    del: { calls: summarize(del.calls.map((call) => call.ms)), totalMs: del.wallMs },
    failures: [...failures.add, ...failures.del],
    duplicates,
    left: { ...(await stage.leftovers()), allocations: countAllocations(stage, 'bench') },
  };
}

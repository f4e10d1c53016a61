import { burst } from './burst.ts';
import type { Contender } from './contenders.ts';
import type { Scale } from './scale.ts';
import type { Stage } from './stage.ts';

/** The most that one process of a contender was seen to use, in KiB. What it starts (ip, IPAM plugins) is not in it. */
export interface Memory {
  readonly contender: string;
  /** VmHWM: resident, pages of files that all processes share included. */
  readonly peakKb: number;
  /** RssAnon: its own. */
  readonly anonKb: number;
}

/** Separate rounds: whoever watches memory takes the time that it would measure. */
export async function measureMemory(options: {
  stage: Stage;
  contenders: readonly Contender[];
  scale: Scale;
}): Promise<readonly Memory[]> {
  const { stage, contenders, scale } = options;
  const seen: Memory[] = [];
  for (let round = 0; round < scale.memoryRounds; round++) {
    for (const contender of contenders) {
      const { add, del } = await burst({ stage, contender, atOnce: 1, sample: true });
      for (const call of [...add.calls, ...del.calls]) seen.push({ contender: contender.name, ...call });
    }
  }
  const groups = Map.groupBy(seen, (one) => one.contender);
  return [...groups].map(([contender, group]) => ({
    contender,
    peakKb: Math.max(...group.map((one) => one.peakKb)),
    anonKb: Math.max(...group.map((one) => one.anonKb)),
  }));
}

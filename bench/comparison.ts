import { burst, type Burst } from './burst.ts';
import type { Contender } from './contenders.ts';
import { joinFloors, measureFloors, type Floors } from './floors.ts';
import type { Scale } from './scale.ts';
import type { Stage } from './stage.ts';
import { rotated, summarize, type Summary } from './statistics.ts';

/** One line of the comparison: a contender, a verb, so many at once, over all rounds. Times in ms, sizes in KiB. */
export interface Row {
  readonly contender: string;
  readonly verb: 'ADD' | 'DEL';
  readonly atOnce: number;
  readonly rounds: number;
  /** Of the calls that succeeded. */
  readonly calls: Summary;
  /** From the first start to the last end of a round. */
  readonly total: Summary;
  /** User and system time per call, with all that it started. */
  readonly cpuMs: number;
  readonly failures: number;
  readonly duplicates: number;
}

export interface Comparison {
  readonly rows: readonly Row[];
  readonly floors: Floors;
  /** What the first failed call of a contender had to say. */
  readonly messages: readonly string[];
}

export type Report = (line: string) => void;

export interface Rounds {
  readonly stage: Stage;
  readonly contenders: readonly Contender[];
  readonly rounds: Scale['rounds'];
  readonly report: Report;
  /** Before each round of one call at a time. */
  readonly beforeSingle?: () => Promise<void>;
}

/** Rounds of all contenders in turn; the floors in the same rounds. */
export async function compare(options: Rounds): Promise<Comparison> {
  const floors: Floors[] = [];
  const beforeSingle = async (): Promise<void> => void floors.push(await measureFloors(options.stage));
  const compared = await runRounds({ ...options, beforeSingle });
  return { ...compared, floors: joinFloors(floors) };
}

/** Rounds of all contenders in turn, each beginning with another one. */
export async function runRounds(options: Rounds): Promise<Omit<Comparison, 'floors'>> {
  const { stage, contenders, rounds, report, beforeSingle } = options;
  const bursts: Burst[] = [];
  for (const atOnce of [1, 20, 100] as const) {
    report(`${rounds[atOnce]} rounds of ${atOnce} at once`);
    for (let round = 0; round < rounds[atOnce]; round++) {
      if (atOnce === 1) await beforeSingle?.();
      for (const contender of rotated(contenders, round)) {
        bursts.push(await burst({ stage, contender, atOnce }));
        await stage.scrub();
      }
    }
  }
  return { rows: toRows(bursts), messages: firstFailures(bursts) };
}

function toRows(bursts: readonly Burst[]): readonly Row[] {
  const groups = Map.groupBy(bursts, (one) => `${one.atOnce} ${one.contender}`);
  return [...groups.values()].flatMap((group) => [toRow(group, 'ADD'), toRow(group, 'DEL')]);
}

function toRow(group: readonly Burst[], verb: 'ADD' | 'DEL'): Row {
  const key = verb === 'ADD' ? 'add' : 'del';
  const batches = group.map((one) => one[key]);
  const calls = batches.flatMap((batch) => batch.calls);
  const cpu = calls.map((call) => call.cpuMs).concat(batches.map((batch) => batch.strayCpuMs));
  return {
    contender: group[0]?.contender ?? '',
    verb,
    atOnce: group[0]?.atOnce ?? 0,
    rounds: group.length,
    calls: summarize(calls.filter((call) => call.code === 0).map((call) => call.ms)),
    total: summarize(batches.map((batch) => batch.wallMs)),
    cpuMs: cpu.reduce((sum, value) => sum + value, 0) / calls.length,
    failures: group.reduce((sum, one) => sum + one.failures[key].length, 0),
    duplicates: verb === 'ADD' ? group.reduce((sum, one) => sum + one.duplicates.length, 0) : 0,
  };
}

function firstFailures(bursts: readonly Burst[]): readonly string[] {
  const failed = bursts.flatMap((one) =>
    [...one.failures.add, ...one.failures.del].map((text) => ({ contender: one.contender, text })),
  );
  const first = Map.groupBy(failed, (failure) => failure.contender);
  return [...first.values()].flatMap((group) =>
    group[0] === undefined ? [] : `${group[0].contender}: ${group[0].text.slice(0, 400)}`,
  );
}

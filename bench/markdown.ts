import { figuresOf, type Findings } from './findings.ts';
import { sumOfFloors, type Floors } from './floors.ts';
import type { Fullness } from './fullness.ts';
import { comparisonTable, listOf, ms, table, verdictTable, type Cell } from './tables.ts';
import { median, summarize, type Summary } from './statistics.ts';
import type { Storm } from './storm.ts';
import { judge } from './verdict.ts';

/** The tables of a run, for people. */
export function toMarkdown(findings: Findings): string {
  const { comparison, memory, storm, fullness, skipped } = findings;
  return [
    headOf(findings),
    '### What must hold',
    verdictTable(judge(figuresOf(findings))),
    '### Compared with other plugins',
    'Milliseconds. Calls: those that succeeded, of all rounds. Total: from the first start to the last end of a round, median.',
    comparisonTable(comparison.rows, memory),
    ...(skipped.length === 0
      ? []
      : [
          listOf(
            'Not measured',
            skipped.map((one) => `${one.name}: ${one.reason}`),
          ),
        ]),
    ...(comparison.messages.length === 0 ? [] : [listOf('The first failure of each', comparison.messages)]),
    '### Floors, measured in the same rounds',
    floorsTable(comparison.floors),
    `### ${storm.count} ADDs and ${storm.count} DELs, mixed, ${storm.atOnce} at once`,
    stormTable(storm),
    ...(storm.failures.length === 0 ? [] : [listOf('Failures', storm.failures.slice(0, 5))]),
    `### ADD from a /16 with ${fullness.inUse} addresses in use`,
    fullnessTable(fullness),
    '',
  ].join('\n\n');
}

/** When and where. */
export function headOf({ date, machine }: Pick<Findings, 'date' | 'machine'>): string {
  const { cpu, cores, kernel, versions } = machine;
  return `Measured ${date} on ${cores} cores (${cpu}), ${kernel}. ${versions.join('; ')}.`;
}

function floorsTable(floors: Floors): string {
  return table(
    ['', 'p50', 'p95', 'worst'],
    [
      floorLine(
        `empty single-file executable (${cpuOf(floors.empty)})`,
        floors.empty.map((call) => call.ms),
      ),
      floorLine(
        `the same with our options for Node (${cpuOf(floors.tuned)})`,
        floors.tuned.map((call) => call.ms),
      ),
      floorLine('`ip -batch` twice', floors.ip),
      floorLine('`ovs-vsctl add-port`', floors.ovs),
      ['sum of the empty executable, `ip` and `ovs-vsctl`', ms(sumOfFloors(floors)), '', ''],
      floorLine(
        `antrea, VERSION (${cpuOf(floors.version)})`,
        floors.version.map((call) => call.ms),
      ),
    ],
  );
}

function floorLine(what: string, values: readonly number[]): Cell[] {
  const { p50, p95, worst } = summarize(values);
  return [what, ms(p50), ms(p95), ms(worst)];
}

function cpuOf(calls: Floors['empty']): string {
  return `CPU ${ms(median(calls.map((call) => call.cpuMs)))}`;
}

function stormTable({ add, del, totalMs, failures, duplicates, left }: Storm): string {
  const remains = Object.entries(left).map(([what, count]) => `${count} ${what}`);
  return [
    table(['', 'p50', 'p95', 'worst'], [stormLine('ADD', add), stormLine('DEL', del)]),
    `In all ${(totalMs / 1000).toFixed(1)} s. Failed: ${failures.length}. Addresses given to two at the same time: ${duplicates.length}. Left behind: ${remains.join(', ')}.`,
  ].join('\n\n');
}

function stormLine(verb: string, { p50, p95, worst }: Summary): readonly Cell[] {
  return [verb, ms(p50), ms(p95), ms(worst)];
}

function fullnessTable({ add }: Fullness): string {
  const line = (what: string, key: keyof Fullness['add']): Cell[] => {
    const { p50, p95, worst } = add[key];
    return [what, ms(p50), ms(p95), ms(worst), (p50 / add.empty.p50).toFixed(2)];
  };
  return table(
    ['', 'p50', 'p95', 'worst', '× empty'],
    [line('none in use', 'empty'), line('the lowest in use', 'lowest'), line('as many at random', 'holes')],
  );
}

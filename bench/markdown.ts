import type { Row } from './comparison.ts';
import { figuresOf, type Findings } from './findings.ts';
import { sumOfFloors, type Floors } from './floors.ts';
import type { Fullness } from './fullness.ts';
import type { Memory } from './memory.ts';
import { median, summarize, type Summary } from './statistics.ts';
import type { Storm } from './storm.ts';
import { judge } from './verdict.ts';

/** The tables of a run, for people. */
export function toMarkdown(findings: Findings): string {
  const { comparison, memory, storm, fullness, skipped } = findings;
  return [
    headOf(findings),
    '### What must hold',
    table(
      ['', 'measured', 'limit', 'aim', 'verdict'],
      judge(figuresOf(findings)).map((one) => [one.what, one.measured, one.limit, one.aim, one.verdict]),
    ),
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

function headOf({ date, machine }: Findings): string {
  const { cpu, cores, kernel, versions } = machine;
  return `Measured ${date} on ${cores} cores (${cpu}), ${kernel}. ${versions.join('; ')}.`;
}

function comparisonTable(rows: readonly Row[], memory: readonly Memory[]): string {
  const head = [
    '',
    '',
    'at once',
    'p50',
    'p95',
    'worst',
    'total',
    'CPU per call',
    'failed',
    'twice',
    'peak / private MB',
  ];
  return table(
    head,
    rows.map((row) => {
      const { calls, total } = row;
      const used = memory.find((one) => one.contender === row.contender);
      return [
        row.contender,
        row.verb,
        row.atOnce,
        ...[calls.p50, calls.p95, calls.worst, total.p50, row.cpuMs].map(ms),
        `${row.failures} of ${row.rounds * row.atOnce}`,
        row.verb === 'ADD' ? row.duplicates : '',
        row.atOnce === 1 && used !== undefined ? `${mb(used.peakKb)} / ${mb(used.anonKb)}` : '',
      ];
    }),
  );
}

function floorsTable(floors: Floors): string {
  const line = (what: string, values: readonly number[]): Cell[] => {
    const { p50, p95, worst } = summarize(values);
    return [what, ms(p50), ms(p95), ms(worst)];
  };
  const cpu = (calls: Floors['empty']): string => `CPU ${ms(median(calls.map((call) => call.cpuMs)))}`;
  return table(
    ['', 'p50', 'p95', 'worst'],
    [
      line(
        `empty single-file executable (${cpu(floors.empty)})`,
        floors.empty.map((call) => call.ms),
      ),
      line('`ip -batch` twice', floors.ip),
      line('`ovs-vsctl add-port`', floors.ovs),
      ['sum of the three', ms(sumOfFloors(floors)), '', ''],
      line(
        `antrea, VERSION (${cpu(floors.version)})`,
        floors.version.map((call) => call.ms),
      ),
    ],
  );
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

type Cell = string | number;

function table(head: readonly string[], lines: readonly (readonly Cell[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function listOf(title: string, items: readonly string[]): string {
  return `${title}:\n\n${items.map((item) => `- ${item.replaceAll('\n', ' ')}`).join('\n')}`;
}

function ms(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function mb(kib: number): string {
  return (kib / 1024).toFixed(1);
}

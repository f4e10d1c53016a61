import { cpus } from 'node:os';
import { run } from '../test/fixture/command.ts';
import { antreaExecutable } from '../test/fixture/runtime.ts';
import type { Comparison, Row } from './comparison.ts';
import { antrea, tuned, type Skipped } from './contenders.ts';
import { sumOfFloors } from './floors.ts';
import type { Fullness } from './fullness.ts';
import type { Memory } from './memory.ts';
import { median } from './statistics.ts';
import type { Storm } from './storm.ts';
import type { Figures } from './verdict.ts';

/** Everything that a run of the benchmark has found: what the JSON file holds. */
export interface Findings {
  readonly date: string;
  readonly machine: Machine;
  readonly skipped: readonly Skipped[];
  readonly comparison: Comparison;
  readonly memory: readonly Memory[];
  readonly storm: Storm;
  readonly fullness: Fullness;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly versions: readonly string[];
}

export async function describeMachine(): Promise<Machine> {
  const versions = await Promise.all([
    firstLine([antreaExecutable(), 'version']),
    firstLine(['ovs-vsctl', '--version']),
    firstLine(['ip', '-V']),
    firstLine(['dpkg-query', '-W', 'containernetworking-plugins']),
  ]);
  const kernel = (await run(['uname', '-sr'])).stdout.trim();
  const [first] = cpus();
  const all = [`Node ${process.version}`, ...versions].filter(Boolean);
  return { cpu: first?.model ?? 'unknown', cores: cpus().length, kernel, versions: all };
}

/** What has to hold, drawn from all that was found. */
export function figuresOf(findings: Findings): Figures {
  const { comparison, memory, storm, fullness } = findings;
  const { floors, rows } = comparison;
  const own = memory.find((one) => one.contender === antrea);
  const ownRows = rows.filter((row) => row.contender === antrea);
  const at = (contender: string, verb: Row['verb'], atOnce: number): Row | undefined =>
    rows.find((row) => row.contender === contender && row.verb === verb && row.atOnce === atOnce);
  const p50 = (contender: string, verb: Row['verb']): number => at(contender, verb, 1)?.calls.p50 ?? Number.NaN;
  const total = (contender: string): number => at(contender, 'ADD', 100)?.total.p50 ?? Number.NaN;
  const { ports, links, journal, allocations } = storm.left;
  return {
    startUp: { version: msOf(floors.version), empty: msOf(floors.empty) },
    add: { own: p50(antrea, 'ADD'), floors: sumOfFloors(floors), tuned: p50(tuned, 'ADD') },
    del: { own: p50(antrea, 'DEL'), tuned: p50(tuned, 'DEL') },
    burst: { own: total(antrea), tuned: total(tuned) },
    calls: {
      failures: sumOf(ownRows.map((row) => row.failures)) + fullness.failures,
      duplicates: sumOf(ownRows.map((row) => row.duplicates)),
    },
    storm: {
      failures: storm.failures.length,
      duplicates: storm.duplicates.length,
      left: ports + links + journal + allocations,
    },
    fullness: { empty: fullness.add.empty.p50, lowest: fullness.add.lowest.p50, holes: fullness.add.holes.p50 },
    memory: { peakKb: own?.peakKb ?? Number.NaN, anonKb: own?.anonKb ?? Number.NaN },
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function msOf(calls: readonly { readonly ms: number }[]): number {
  return median(calls.map((call) => call.ms));
}

/** Empty if the command is not there or fails. */
async function firstLine(argv: readonly string[]): Promise<string> {
  try {
    const { code, stdout } = await run(argv);
    return code === 0 ? (stdout.trim().split('\n')[0] ?? '').replace('\t', ' ') : '';
  } catch {
    return '';
  }
}

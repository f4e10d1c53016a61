import { headOf } from '../markdown.ts';
import { median } from '../statistics.ts';
import { listOf, table, verdictTable, type Cell } from '../tables.ts';
import { ratio, type Verdict } from '../verdict.ts';
import type { Round } from './round.ts';
import type { KubeletFindings, KubeletRow } from './run.ts';
import { none, own, peer } from './stage.ts';

/** What has to hold with a real kubelet. */
export function judgeKubelet({ rows, pods }: Pick<KubeletFindings, 'rows' | 'pods'>): readonly Verdict[] {
  const created = (contender: string): number => {
    const row = rows.find((one) => one.contender === contender);
    return row === undefined ? Number.NaN : median(row.rounds.map(({ createS }) => createS));
  };
  const what = `${pods} Pods, creation to all running`;
  return [
    ratio(`${what} / Multus + ovs-cni + whereabouts`, created(own) / created(peer), { limit: 0.6 }),
    ratio(`${what} / no secondary network`, created(own) / created(none), { limit: 1.3 }),
  ];
}

/** The tables of a run with a real kubelet, for people. */
export function toKubeletMarkdown(findings: KubeletFindings): string {
  const { rows, pods, skipped } = findings;
  const failures = rows.flatMap(failureOf);
  return [
    headOf(findings),
    '### What must hold with a real kubelet',
    verdictTable(judgeKubelet(findings)),
    `### ${pods} Pods at once, with two secondary networks each`,
    'Seconds, medians of all rounds; in brackets the quickest and the slowest one. Failed: sandboxes that the kubelet had to make again, of all rounds.',
    table(['', 'rounds', 'created, until all run', 'deleted, until all are gone', 'failed'], rows.map(lineOf)),
    ...(skipped.length === 0 ? [] : [listOf('Not measured', skipped)]),
    ...(failures.length === 0 ? [] : [listOf('A failure of each', failures)]),
    '',
  ].join('\n\n');
}

function lineOf({ contender, rounds }: KubeletRow): readonly Cell[] {
  const failed = rounds.reduce((sum, { failedSandboxes }) => sum + failedSandboxes, 0);
  return [contender, rounds.length, spread(rounds, 'createS'), spread(rounds, 'deleteS'), failed];
}

/** The end of a message says why. */
function failureOf({ contender, rounds }: KubeletRow): readonly string[] {
  const failure = rounds.map((round) => round.failure).find((message) => message !== undefined);
  return failure === undefined ? [] : [`${contender}: … ${failure.slice(-400)}`];
}

function spread(rounds: readonly Round[], key: 'createS' | 'deleteS'): string {
  const values = rounds.map((round) => round[key]);
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  return `${middle.toFixed(1)} (${least.toFixed(1)}–${most.toFixed(1)})`;
}

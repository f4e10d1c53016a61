import type { Row } from './comparison.ts';
import type { Memory } from './memory.ts';
import type { Verdict } from './verdict.ts';

export type Cell = string | number;

export function table(head: readonly string[], lines: readonly (readonly Cell[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function listOf(title: string, items: readonly string[]): string {
  return `${title}:\n\n${items.map((item) => `- ${item.replaceAll('\n', ' ')}`).join('\n')}`;
}

export function ms(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

export function mb(kib: number): string {
  return (kib / 1024).toFixed(1);
}

/** One line a contender, verb and number at once. */
export function comparisonTable(rows: readonly Row[], memory: readonly Memory[] = []): string {
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

export function verdictTable(verdicts: readonly Verdict[]): string {
  return table(
    ['', 'measured', 'limit', 'aim', 'verdict'],
    verdicts.map((one) => [one.what, one.measured, one.limit, one.aim, one.verdict]),
  );
}

import type { Finding } from '../../system/finding.ts';
import { printable } from './printable.ts';
import { padded, widestOf } from './width.ts';

const words = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const;

/** A line for each finding, and what to do below it. */
export function findingLines(findings: readonly Finding[]): readonly string[] {
  const width = widestOf(findings.map(({ name }) => printable(name)));
  return findings.flatMap((finding) => linesOf(finding, width));
}

export function countOf(findings: readonly Finding[], state: Finding['state']): number {
  return findings.filter((finding) => finding.state === state).length;
}

function linesOf({ name, state, message, advice }: Finding, width: number): readonly string[] {
  const line = `${words[state].padEnd(4)}  ${padded(printable(name), width)}  ${printable(message)}`;
  return advice === undefined ? [line] : [line, `${' '.repeat(width + 8)}-> ${printable(advice)}`];
}

import { printable } from '../output/printable.ts';
import type { Finding } from './finding.ts';

const words = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const;

/** A line for each finding, what to do below it, and what all of them mean. */
export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return [...findings.flatMap((finding) => formatFinding(finding, width)), summarize(findings)].join('\n').concat('\n');
}

export function isReady(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'fail');
}

function formatFinding({ name, state, message, advice }: Finding, width: number): readonly string[] {
  const line = `${words[state].padEnd(4)}  ${name.padEnd(width)}  ${printable(message)}`;
  return advice === undefined ? [line] : [line, `${' '.repeat(width + 8)}-> ${printable(advice)}`];
}

function summarize(findings: readonly Finding[]): string {
  const count = (state: Finding['state']): number => findings.filter((finding) => finding.state === state).length;
  const warnings = count('warn') === 0 ? '' : `, ${count('warn')} to look at`;
  return isReady(findings)
    ? `This Node is ready${warnings}.`
    : `This Node is not ready: ${count('fail')} failed${warnings}.`;
}

import type { Finding } from '../../system/finding.ts';
import { countOf, findingLines } from '../output/findings.ts';

/** A line for each finding, what to do below it, and what all of them mean. */
export function formatFindings(findings: readonly Finding[]): string {
  return [...findingLines(findings), summarize(findings)].join('\n').concat('\n');
}

export function isReady(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'fail');
}

function summarize(findings: readonly Finding[]): string {
  const warnings = countOf(findings, 'warn') === 0 ? '' : `, ${countOf(findings, 'warn')} to look at`;
  return isReady(findings)
    ? `This Node is ready${warnings}.`
    : `This Node is not ready: ${countOf(findings, 'fail')} failed${warnings}.`;
}

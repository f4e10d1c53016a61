import { holderObjects } from '../ippool/holders.ts';
import type { Allocation } from '../../ipam/store.ts';
import type { Finding } from '../../system/finding.ts';
import { countOf, findingLines } from '../output/findings.ts';
import { printable } from '../output/printable.ts';

export interface Explanation {
  readonly kind: 'Pod' | 'Address' | 'IPPool';
  /** A Pod's with its Namespace. */
  readonly name: string;
  /** Whether there is such a thing at all. */
  readonly found: boolean;
  readonly findings: readonly Finding[];
  /** The addresses that this is about. */
  readonly held: readonly Allocation[];
}

/** For people: what is wrong first. */
export function formatExplanation({ kind, name, found, findings }: Explanation): string {
  const [problems, warnings] = [countOf(findings, 'fail'), countOf(findings, 'warn')];
  const counts = [
    ...(problems > 0 ? [`${problems} ${problems === 1 ? 'problem' : 'problems'}`] : []),
    ...(warnings > 0 ? [`${warnings} to look at`] : []),
  ];
  const none = found ? 'nothing is wrong here' : 'nothing is known of it';
  const summary = counts.length === 0 ? none : counts.join(', ');
  const lines = [`${kind} ${printable(name)}: ${summary}`, ...findingLines(inOrder(findings))];
  return lines.join('\n').concat('\n');
}

/** For machines. */
export function explanationObject({ kind, name, findings, held }: Explanation): object {
  return { subject: { kind, name }, findings: inOrder(findings), holders: holderObjects(held) };
}

function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const order = ['fail', 'warn', 'ok'];
  return findings.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

import { expect, it } from 'vitest';
import { toKubeletMarkdown } from '../../bench/kubelet/markdown.ts';
import { measureKubelet } from '../../bench/kubelet/run.ts';
import { whyNot } from './machine.ts';

const reason = await whyNot();

// How long it takes is said, and not judged: that is for `make bench`, on a machine that does nothing else.
it.skipIf(reason !== undefined)(
  'runs 100 Pods with two networks each, and says how long others take',
  async () => {
    const findings = await measureKubelet({ rounds: 3, pods: 100, settled: true }, say);
    expect(findings.rows.map(({ rounds }) => rounds.length)).toEqual(findings.rows.map(() => 3));
    process.stdout.write(`\n${toKubeletMarkdown(findings)}\n`);
  },
  1_500_000,
);

function say(line: string): void {
  process.stderr.write(`e2e: ${line}\n`);
}

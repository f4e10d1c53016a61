import type { Reporter, TestModule } from 'vitest/node';

/** Says why tests were skipped; and makes `N passed, N failed` the very last line, so that a script can read the outcome. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const totals = totalsOf(modules, errors);
    const lines = [...skips(modules), totals].join('\n');
    // Other reporters, too, write when the run ends, and after this one.
    process.once('exit', () => process.stdout.write(`${lines}\n`));
  }
}

/** A file that could not be loaded, hooks that failed, and an error outside every test, count as a failed test. */
function totalsOf(modules: readonly TestModule[], errors: readonly unknown[]): string {
  const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
  const count = (state: string): number => states.filter((other) => other === state).length;
  const outside = modules.flatMap((module) => [module, ...module.children.allSuites()]).flatMap((one) => one.errors());
  const failed = count('failed') + outside.length + errors.length;
  const skipped = count('skipped') + count('pending');
  return `${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** `6 tests were skipped: the kernel has no ipvlan`. Those of a whole file have said why themselves. */
function skips(modules: readonly TestModule[]): readonly string[] {
  const results = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result()));
  const notes = results.flatMap((result) => (result.state === 'skipped' && result.note ? [result.note] : []));
  return [...new Set(notes)].map((note) => {
    const count = notes.filter((other) => other === note).length;
    return `${count} ${count === 1 ? 'test was' : 'tests were'} skipped: ${note}`;
  });
}

import type { Reporter, TestModule } from 'vitest/node';

/** Makes `N passed, N failed` the very last line, so that a script can read the outcome. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const totals = totalsOf(modules, errors);
    // Other reporters, too, write when the run ends, and after this one.
    process.once('exit', () => process.stdout.write(`${totals}\n`));
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

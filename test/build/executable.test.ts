import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dist } from '../../scripts/paths.ts';
import { checks, selfTest } from '../../scripts/self-test.ts';

const executable = join(dist, 'antrea');

describe.skipIf(!existsSync(executable))('dist/antrea', () => {
  it.each(checks)('$sentence', ({ run }) => {
    expect(run(executable)).toBeUndefined();
  });
});

describe('the test that every build runs on its own output', () => {
  it('refuses a plain Node, which is what is left of an executable that lost what was put into it', () => {
    const problems = selfTest(process.execPath).join('\n');
    expect(problems).toContain('answers VERSION with nothing else in its environment: it did not');
    expect(problems).toContain('does not run its standard input as JavaScript: it did not');
    expect(problems).toContain('hands -e and -p to the command line: it did not');
  });
});

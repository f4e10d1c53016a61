import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dist } from '../../scripts/paths.ts';
import { checks } from '../../scripts/self-test.ts';

const executable = join(dist, 'antrea');

describe.skipIf(!existsSync(executable))('dist/antrea', () => {
  it.each(checks)('$sentence', ({ run }) => {
    expect(run(executable)).toBeUndefined();
  });
});

import { expect, it } from 'vitest';
import { tellErrors } from '../../src/controller/queue-errors.ts';

it('the log tells ever more seldom of what fails for a pool again and again, and the metric of each time', () => {
  const lines: unknown[] = [];
  let count = 0;
  const tell = tellErrors(
    {
      log: (level, message, facts) => void lines.push([level, message, facts]),
      metrics: { requestFailed: () => count++ },
    },
    { work: 'status', message: 'cannot write the status' },
  );
  for (let failures = 1; failures <= 100; failures++) tell('blue', new Error('no'), failures);
  expect([lines.length, count]).toStrictEqual([7, 100]);
  expect(lines[1]).toStrictEqual(['warn', 'cannot write the status', { pool: 'blue', error: 'no', failures: 2 }]);
});

import { expect, it } from 'vitest';
import { repeat } from '../../src/agent/repeat.ts';

it('what fails again and again is told of seldom, but at once when it fails for another reason, or anew', async () => {
  const outcomes = ['a', 'a', 'a', 'a', 'a', 'b', 'b', undefined, 'b', 'b', 'b'];
  const ending = new AbortController();
  const told: string[] = [];
  const work = async (): Promise<void> => {
    const reason = outcomes.shift();
    if (outcomes.length === 0) ending.abort();
    if (reason !== undefined) throw new Error(reason);
  };
  await repeat(work, {
    interval: 0,
    signal: ending.signal,
    what: 'read this Node',
    log: (level, message, facts) =>
      void told.push(`${level} ${message} ${String(facts?.['error'])} ${String(facts?.['failures'])}`),
  });
  const line = 'error cannot read this Node';
  const reasons = ['a 1', 'a 2', 'a 4', 'b 1', 'b 2', 'b 1', 'b 2'];
  expect(told).toEqual(reasons.map((reason) => `${line} ${reason}`));
});

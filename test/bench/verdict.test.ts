import { expect, it } from 'vitest';
import { judge, type Figures } from '../../bench/verdict.ts';

const good: Figures = {
  startUp: { version: 22, empty: 20 },
  add: { own: 36, floors: 32, tuned: 24 },
  del: { own: 30, tuned: 25 },
  burst: { own: 2000, tuned: 1250 },
  calls: { failures: 0, duplicates: 0 },
  storm: { failures: 0, duplicates: 0, left: 0 },
  fullness: { empty: 36, lowest: 37, holes: 36 },
  memory: { peakKb: 60 * 1024, anonKb: 10 * 1024 },
};

it.each([
  { what: 'all in order', figures: good, expected: [] },
  { what: 'a slow start', figures: { ...good, startUp: { version: 24, empty: 20 } }, expected: ['start-up'] },
  { what: 'a failed call', figures: { ...good, storm: { ...good.storm, failures: 1 } }, expected: ['storm: calls'] },
  { what: 'too much memory', figures: { ...good, memory: { peakKb: 81 * 1024, anonKb: 0 } }, expected: ['peak'] },
  {
    what: 'an ADD that grows with the pool',
    figures: { ...good, fullness: { empty: 10, lowest: 14, holes: 12 } },
    expected: ['ADD, lowest'],
  },
])('$what: misses $expected', ({ figures, expected }) => {
  const missed = judge(figures).filter((verdict) => verdict.verdict === 'MISSED');
  expect(missed).toHaveLength(expected.length);
  for (const [index, start] of expected.entries()) expect(missed[index]?.what).toMatch(new RegExp(`^${start}`, 'u'));
});

it('tells an aim that was reached from a limit that holds', () => {
  const verdicts = judge({ ...good, add: { own: 36, floors: 30, tuned: 26 } });
  expect(verdicts.slice(1, 3)).toMatchObject([
    { measured: '1.20 ×', limit: '1.3 ×', aim: '1.15 ×', verdict: 'holds' },
    { measured: '1.38 ×', limit: '1.7 ×', aim: '1.4 ×', verdict: 'aim reached' },
  ]);
});

it('says when there was nobody to compare with', () => {
  const verdicts = judge({ ...good, del: { own: 30, tuned: Number.NaN } });
  expect(verdicts[3]).toMatchObject({ measured: '–', verdict: 'not measured' });
});

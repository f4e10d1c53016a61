import { expect, it } from 'vitest';
import { parseDuration } from '../../src/cli/duration.ts';

it.each([
  ['90s', 90_000],
  ['1s', 1000],
  ['15m', 900_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
])('%s is a time', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

it.each(['0s', '', '15', 'm', '-1s', '1.5h', '1h30m', '1 h', '10000000s'])('%s is none', (text) => {
  expect(() => parseDuration(text)).toThrow('Expected a number above 0');
});

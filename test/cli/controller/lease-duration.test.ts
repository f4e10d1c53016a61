import { expect, it } from 'vitest';
import { parseLeaseDuration } from '../../../src/cli/controller/lease-duration.ts';

it('lets a Lease be as long as an hour', () => expect(parseLeaseDuration('1h')).toBe(3_600_000));

it.each([
  ['2h', 'Expected 1h at most.'],
  ['15', 'Expected a number above 0 with a unit'],
])('takes %s for no duration of a Lease', (text, message) => {
  expect(() => parseLeaseDuration(text)).toThrow(message);
});

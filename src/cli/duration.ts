import { InvalidArgumentError } from 'commander';
import { durationOf } from '../config/duration.ts';

/** Milliseconds of `90s`, `15m`, `24h` or `7d`, as an option says it. @throws InvalidArgumentError for commander */
export function parseDuration(text: string): number {
  const milliseconds = durationOf(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new InvalidArgumentError('Expected a number above 0 with a unit, such as 90s, 15m, 24h or 7d.');
}

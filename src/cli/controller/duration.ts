import { InvalidArgumentError } from 'commander';
import { durationOf } from '../../config/duration.ts';

/** Above that, the timers of an election would end at once; whoever waits so long for another leader needs none. */
const longestLease = 3_600_000;

/** As below, of a Lease. */
export function parseLeaseDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds <= longestLease) return milliseconds;
  throw new InvalidArgumentError('Expected 1h at most.');
}

/** Milliseconds of `90s`, `15m`, `24h` or `7d`. @throws InvalidArgumentError for commander */
export function parseDuration(text: string): number {
  const milliseconds = durationOf(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new InvalidArgumentError('Expected a number above 0 with a unit, such as 90s, 15m, 24h or 7d.');
}

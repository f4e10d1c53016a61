import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../duration.ts';

/** Above that, the timers of an election would end at once; whoever waits so long for another leader needs none. */
const longest = 3_600_000;

/** Milliseconds, as parseDuration() has them. @throws InvalidArgumentError for commander */
export function parseLeaseDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds <= longest) return milliseconds;
  throw new InvalidArgumentError('Expected 1h at most.');
}

import { InvalidArgumentError } from 'commander';

/** Milliseconds of `90s`, `15m`, `24h` or `7d`: never 0, with which a loop would not rest. @throws InvalidArgumentError for commander */
export function parseDuration(text: string): number {
  const match = /^(?<count>[1-9]\d{0,5})(?<unit>[smhd])$/.exec(text);
  const unit = units.get(match?.groups?.['unit'] ?? '');
  if (unit === undefined)
    throw new InvalidArgumentError('Expected a number above 0 with a unit, such as 90s, 15m, 24h or 7d.');
  return Number(match?.groups?.['count']) * unit;
}

const units: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

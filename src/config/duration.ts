/** @returns milliseconds of `90s`, `15m`, `24h` or `7d`: never 0, with which a loop would not rest; undefined for anything else */
export function durationOf(text: string): number | undefined {
  const match = /^(?<count>[1-9]\d{0,5})(?<unit>[smhd])$/.exec(text);
  const unit = units.get(match?.groups?.['unit'] ?? '');
  return unit === undefined ? undefined : Number(match?.groups?.['count']) * unit;
}

const units: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

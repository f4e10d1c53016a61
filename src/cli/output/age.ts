/** How long ago that was, in one unit: `45s`, `12m`, `30h`, `9d`. */
export function formatAge(since: unknown, now: Date): string {
  const milliseconds = typeof since === 'string' ? now.getTime() - Date.parse(since) : Number.NaN;
  if (Number.isNaN(milliseconds)) return '<unknown>';
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const unit = units.find(({ length, upTo }) => seconds < length * upTo) ?? day;
  return `${Math.floor(seconds / unit.length)}${unit.name}`;
}

const day = { name: 'd', length: 86_400, upTo: Number.POSITIVE_INFINITY };
const units = [
  { name: 's', length: 1, upTo: 120 },
  { name: 'm', length: 60, upTo: 120 },
  { name: 'h', length: 3600, upTo: 48 },
  day,
];

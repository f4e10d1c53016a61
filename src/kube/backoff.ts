/**
 * Milliseconds before the next try: doubling from 50 to 2000, and half of it by chance, so that those who failed
 * together do not come back together.
 * @param tries how many have failed
 * @param chance 0 to 1
 */
export function backoff(tries: number, chance: number): number {
  const whole = Math.min(50 * 2 ** (tries - 1), 2000);
  return whole * (0.5 + chance / 2);
}

/** Milliseconds of a Retry-After header in seconds, the only form that an API server sends (RFC 9110, section 10.2.3). */
export function parseRetryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/** What one check has found. */
export interface Finding {
  /** What was checked, such as `glibc` or `bridge br-secondary`. */
  readonly name: string;
  /** `warn`: attaching works, and something may still be wrong. */
  readonly state: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
}

export function ok(name: string, message: string): Finding {
  return { name, state: 'ok', message };
}

export function warn(name: string, message: string, advice: string): Finding {
  return { name, state: 'warn', message, advice };
}

export function fail(name: string, message: string, advice: string): Finding {
  return { name, state: 'fail', message, advice };
}

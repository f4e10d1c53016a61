/** Milliseconds that are left until a deadline. */
export interface Deadline {
  /** At least 1, so that it can be given to whatever takes 0 for "no limit". */
  remaining(): number;
}

export function deadlineIn(milliseconds: number): Deadline {
  const end = performance.now() + milliseconds;
  return { remaining: () => Math.max(1, Math.ceil(end - performance.now())) };
}

/** Blocks; the plugin does one thing at a time. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

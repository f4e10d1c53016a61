/** Milliseconds that are left until a deadline. */
export interface Deadline {
  /** At least 1, so that it can be given to whatever takes 0 for "no limit". */
  remaining(): number;
}

/** That of a whole call. */
export interface CallDeadline extends Deadline {
  /** From now on, it takes at most so many milliseconds more. */
  shorten(milliseconds: number): void;
}

export function deadlineIn(milliseconds: number): CallDeadline {
  let end = monotonicNow() + milliseconds;
  return {
    remaining: () => Math.max(1, Math.ceil(end - monotonicNow())),
    shorten: (most) => {
      end = Math.min(end, monotonicNow() + most);
    },
  };
}

/** Monotonic, milliseconds: the same clock in all processes of a host. `performance.now()` would load perf_hooks, for 0.8 ms. */
export function monotonicNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** Blocks; the plugin does one thing at a time. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

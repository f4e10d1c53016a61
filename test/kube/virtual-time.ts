import type { Time } from '../../src/kube/client.ts';

export interface VirtualTime extends Time {
  /** Milliseconds, in all. */
  readonly slept: () => number;
}

/** A time that passes only while somebody sleeps, and then at once. */
export function virtualTime(): VirtualTime {
  let now = 0;
  return {
    slept: () => now,
    deadlineIn: (milliseconds) => {
      const end = now + milliseconds;
      return { remaining: () => Math.max(1, end - now) };
    },
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
  };
}

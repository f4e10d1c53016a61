import { monotonicNow } from '../../system/time.ts';

/** The calls of the plugin that are under way; each is one connection. */
export interface Calls {
  /** What it returns ends the call. */
  readonly begin: () => () => void;
  /** When the last call ended, in milliseconds of `now`; undefined: one is under way. */
  readonly quietSince: () => number | undefined;
}

/** @param now milliseconds */
export function countCalls(now: () => number = monotonicNow): Calls {
  let underWay = 0;
  let since = Number.NEGATIVE_INFINITY;
  return {
    begin: () => {
      underWay += 1;
      return () => {
        underWay -= 1;
        since = now();
      };
    },
    quietSince: () => (underWay === 0 ? since : undefined),
  };
}

import { sleep } from '../system/sleep.ts';

export interface UpkeepOptions {
  /** One look at all of it. @returns whether nothing is in the way; never rejects */
  readonly look: () => Promise<boolean>;
  /** Milliseconds between two looks while nothing is in the way. */
  readonly interval: number;
  /** Milliseconds until the next one else: the first time, and at most, since it doubles each time. */
  readonly retry: { readonly first: number; readonly last: number };
  /** A change of one of these is looked at without waiting. */
  readonly changes: readonly (Changing | undefined)[];
}

interface Changing {
  /** @returns what ends it */
  readonly onChange: (listener: () => void) => () => void;
}

export interface Upkeep {
  /** Resolves when the look that is under way has come to its end. */
  readonly stop: () => Promise<void>;
}

/** Looks at something again and again: soon after a failure, at once after a change. */
export function startUpkeep({ look, interval, retry, changes }: UpkeepOptions): Upkeep {
  const ending = new AbortController();
  let wake = new AbortController();
  const unfollow = changes.map((one) => one?.onChange(() => wake.abort()));
  const run = async (): Promise<void> => {
    let failures = 0;
    while (!ending.signal.aborted) {
      wake = new AbortController();
      failures = (await look()) ? 0 : failures + 1;
      const wait = failures === 0 ? interval : Math.min(retry.first * 2 ** (failures - 1), retry.last);
      await sleep(wait, AbortSignal.any([ending.signal, wake.signal]));
    }
  };
  const running = run();
  return {
    stop: async () => {
      for (const stop of unfollow) stop?.();
      ending.abort();
      await running;
    },
  };
}

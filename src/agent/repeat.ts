import { messageOf } from '../system/failure.ts';
import type { Log } from '../system/log.ts';
import { sleep } from '../system/sleep.ts';

export interface RepeatOptions {
  /** Milliseconds between the end of one time and the begin of the next. */
  readonly interval: number;
  /** Ends it; what is under way comes to its end. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** For the log, when something unexpected happens: "read the configuration". */
  readonly what: string;
}

/** Does it again and again; resolves when the signal has ended it. Never rejects. */
export async function repeat(work: () => Promise<void>, options: RepeatOptions): Promise<void> {
  const { interval, signal, log, what } = options;
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      log('error', `cannot ${what}`, { error: messageOf(error) });
    }
    await sleep(interval, signal);
  }
}

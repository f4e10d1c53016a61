import { worthALine } from '../kube/watch/worth-a-line.ts';
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

/**
 * Does it again and again; resolves when the signal has ended it. Never rejects: the log tells of the first, the second,
 * the fourth, … failure in a row, and of each one that is another than before.
 */
export async function repeat(work: () => Promise<void>, options: RepeatOptions): Promise<void> {
  const { interval, signal, log, what } = options;
  let [failures, told] = [0, ''];
  while (!signal.aborted) {
    try {
      await work();
      failures = 0;
    } catch (error) {
      const message = messageOf(error);
      failures = message === told ? failures + 1 : 1;
      told = message;
      if (worthALine(failures)) log('error', `cannot ${what}`, { error: message, failures });
    }
    await sleep(interval, signal);
  }
}

import { worthALine } from '../kube/watch/worth-a-line.ts';
import { messageOf } from '../system/failure.ts';
import type { Context } from './context.ts';
import type { KeyedQueueOptions } from './keyed-queue.ts';

/**
 * For a queue of pools: each error is counted, and the log tells of the first, the second, the fourth, … in a row.
 * @param work for the metric @param message for the log
 */
export function tellErrors(
  { log, metrics }: { readonly log: Context['log']; readonly metrics: Pick<Context['metrics'], 'requestFailed'> },
  { work, message }: { readonly work: string; readonly message: string },
): KeyedQueueOptions['onError'] {
  return (pool, error, failures) => {
    metrics.requestFailed(work);
    if (worthALine(failures)) log('warn', message, { pool, error: messageOf(error), failures });
  };
}

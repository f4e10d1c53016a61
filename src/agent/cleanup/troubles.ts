import { messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
import type { CleanupMetrics, Trouble } from './metrics.ts';

/** Failures of what is done again and again: the log tells of one when it begins, and when it ends. */
export interface Troubles {
  /** Never rejects. @returns undefined when it failed */
  readonly attempt: <T>(trouble: Trouble, work: () => Promise<T>) => Promise<T | undefined>;
  readonly tell: (trouble: Trouble, problem: string | undefined) => void;
  /** What was told last; undefined: nothing is wrong. */
  readonly present: (trouble: Trouble) => string | undefined;
}

export function createTroubles({ log, metrics }: { readonly log: Log; readonly metrics: CleanupMetrics }): Troubles {
  const present = new Map<Trouble, string>();
  const tell = (what: Trouble, problem: string | undefined): void => {
    const before = present.get(what);
    if (problem === undefined) {
      if (present.delete(what)) log('info', 'clean-up can go on', { what });
      return;
    }
    metrics.failed(what);
    present.set(what, problem);
    if (before !== problem) log('warn', 'clean-up cannot see or do everything', { what, error: problem });
  };
  return {
    tell,
    present: (trouble) => present.get(trouble),
    attempt: async (what, work) => {
      try {
        const outcome = await work();
        tell(what, undefined);
        return outcome;
      } catch (error) {
        tell(what, messageOf(error));
        return undefined;
      }
    },
  };
}

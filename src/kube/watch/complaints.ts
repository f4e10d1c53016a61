import { Failure, messageOf } from '../../system/failure.ts';
import type { Log } from '../../system/log.ts';
import { worthALine } from './worth-a-line.ts';

/** What is said of a list or a watch that fails again and again. */
export interface Complaints {
  /**
   * The log tells of the first, the second, the fourth, … time. Of a refusal once, until it is another one: it stays
   * until somebody acts.
   * @param message for the log
   * @returns whether the API server refuses it
   */
  readonly failed: (message: string, { error, status, failures }: Failed) => boolean;
  /** It works again. */
  readonly over: () => void;
}

export interface Failed {
  readonly error: unknown;
  /** Of the API server's answer, where it is known. */
  readonly status?: number | undefined;
  /** One after the other. */
  readonly failures: number;
}

export function createComplaints({ path, log }: { readonly path: string; readonly log: Log }): Complaints {
  let told: string | undefined;
  return {
    failed: (message, { error, status, failures }) => {
      const text = messageOf(error);
      const isRefused = isRefusal(status, error);
      if (isRefused && told !== text) log('error', message, { path, error: text, details: advice });
      if (!isRefused && worthALine(failures)) log('warn', message, { path, error: text, failures });
      told = isRefused ? text : undefined;
      return isRefused;
    },
    over: () => {
      told = undefined;
    },
  };
}

const advice =
  'expected the right to list and to watch it, and a token that is valid: apply deploy/crds.yaml and deploy/rbac.yaml; until then, nothing is done by what was known before';

/** 429 is none: there is too much to do now. 408 and 410 are about this one request. */
function isRefusal(status: number | undefined, error: unknown): boolean {
  if (status !== undefined) return status >= 400 && status < 500 && ![408, 410, 429].includes(status);
  return error instanceof Failure && (error.kind === 'refused' || error.kind === 'not-found');
}

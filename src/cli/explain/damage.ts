import { Failure } from '../../system/failure.ts';
import { lacksRights } from '../report.ts';

/** Whether this tells of one file that is damaged, and not of one that is missing, or of all that whoever asks may not read. */
export function isDamage(error: unknown): error is Failure {
  return error instanceof Failure && error.kind !== 'not-found' && !lacksRights(error);
}

import { Failure } from '../system/failure.ts';

/** A request that changes something got no clear answer: it may have been done, or may be done yet. */
export class UnknownOutcome extends Failure {
  override readonly name = 'UnknownOutcome';

  constructor({ kind, message, details, cause }: Failure) {
    super(kind, message, { cause, ...(details !== undefined && { details }) });
  }
}

import { Failure } from '../system/failure.ts';

/**
 * An allocation failed, and something that it has created, or may have, could not be taken back: a create whose answer
 * was lost can even be done later. Whoever keeps a journal must not forget the attachment yet.
 */
export class Leftover extends Failure {
  override readonly name = 'Leftover';

  constructor({ kind, message, details, cause }: Failure) {
    super(kind, message, { cause, ...(details !== undefined && { details }) });
  }
}

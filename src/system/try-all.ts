import { Failure, messageOf } from './failure.ts';

/**
 * Runs every step, whatever the others do, and reports all that went wrong at the end.
 * @throws Failure of the first kind that is worth another try, else of the first failure's kind
 */
export async function tryAll(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw joined(errors);
}

/**
 * Waits for all, also when one of them fails: nothing is under way any longer when this returns or throws.
 * @throws what the first one of those that failed has thrown, in their order
 */
export async function allOf<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

function joined(errors: readonly unknown[]): Failure {
  const failures = errors.filter((error) => error instanceof Failure);
  const decisive = failures.find(({ kind }) => kind === 'unavailable') ?? failures[0];
  const details = failures.map((failure) => failure.details).filter((text) => text !== undefined);
  return new Failure(decisive?.kind ?? 'io', errors.map(messageOf).join('; '), {
    ...(details.length > 0 && { details: details.join('; ') }),
    cause: errors[0],
  });
}

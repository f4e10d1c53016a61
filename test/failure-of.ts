import { Failure } from '../src/system/failure.ts';

/** `config: the key name is missing`: kind and message of a Failure; throws if `run` does anything but throw one. */
export function failureOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return `${error.kind}: ${error.message}`;
    throw error;
  }
  throw new Error('it did not fail');
}

/** The same, of something asynchronous. */
export async function rejectionOf(promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    () => 'it did not fail',
    (error: unknown) => error,
  );
  return failureOf(() => {
    throw outcome;
  });
}

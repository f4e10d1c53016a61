import { Failure } from '../../src/system/failure.ts';

/** The Failure that a promise rejects with; anything else is thrown on. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('expected a Failure, and all went well');
}

import { Failure } from '../system/failure.ts';

export interface Parallel<T> {
  /** How many at a time. */
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly work: (item: T) => Promise<void>;
}

/** As many answers in a row that the server is not there mean that it is not worth asking for the rest. */
const patience = 10;

/**
 * Does the work for every item, whatever becomes of the others; what failed is returned. When the signal comes, no more
 * is begun.
 * @throws Failure `unavailable` when one was unavailable after the other
 */
export async function inParallel<T>(
  items: Iterable<T>,
  { limit, signal, work }: Parallel<T>,
): Promise<readonly Error[]> {
  const errors: Error[] = [];
  let inVain = 0;
  const queue = [...items].values();
  const worker = async (): Promise<void> => {
    while (!signal.aborted && inVain < patience) {
      const next = queue.next();
      if (next.done === true) return;
      try {
        await work(next.value);
        inVain = 0;
      } catch (error) {
        errors.push(error instanceof Error ? error : new Error(String(error)));
        inVain = error instanceof Failure && error.kind === 'unavailable' ? inVain + 1 : 0;
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  const last = errors.at(-1);
  if (inVain >= patience && last !== undefined) throw last;
  return errors;
}

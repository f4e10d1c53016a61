import { messageOf } from '../../../src/system/failure.ts';

/** So many calls at a time keep two cores busy. */
const atOnce = 4;

/** Does `work` with each item, a few at a time, to the end whatever fails; answers the failures, each with its item's name. */
export async function eachOf<T extends { readonly name: string }>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<readonly string[]> {
  const failures: string[] = [];
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) {
      try {
        await work(item);
      } catch (error) {
        failures.push(`${item.name}: ${messageOf(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return failures;
}

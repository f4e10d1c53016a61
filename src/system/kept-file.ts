import { objectIn } from './json-object.ts';

/** Anything that is kept on disk carries a version. */
const version = 1;

/** The content of a file of ours. */
export function keptText(value: object): string {
  return JSON.stringify({ version, ...value });
}

/**
 * What a file of ours holds.
 * @param isOurs of what has our version
 * @returns undefined when there is no file, or it cannot be read: torn by a power failure, of another version, or foreign
 */
export function readKept<T>(bytes: Buffer | undefined, isOurs: (value: unknown) => value is T): T | undefined {
  return keptIn(bytes?.toString('utf8'), isOurs);
}

/** The same for one that lines are added to: of which the last counts, without those that a crash or a full disk has cut off. */
export function readLastKept<T>(bytes: Buffer | undefined, isOurs: (value: unknown) => value is T): T | undefined {
  return keptIn(bytes?.toString('utf8').split('\n').findLast(isWhole), isOurs);
}

function keptIn<T>(text: string | undefined, isOurs: (value: unknown) => value is T): T | undefined {
  const value = objectIn(text ?? '');
  return value['version'] === version && isOurs(value) ? value : undefined;
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

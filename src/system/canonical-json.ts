import { isJsonObject } from './json-object.ts';

/** JSON with sorted keys: the same text for values that mean the same, whoever has written them. Of nothing at all: `null`. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_, inner: unknown) =>
    isJsonObject(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

import { isCollection, isMap, isPair, isScalar, type Document } from 'yaml';
import { quote } from '../../system/quote.ts';

export interface RepeatedKey {
  /** In quotation marks. */
  readonly key: string;
  /** Of the second one: `line 3, column 5`. */
  readonly place: string;
}

/**
 * A key that an object of the document has twice; undefined: there is none. The package itself compares each key with all
 * before it, which takes minutes for as many as a file of some megabytes has: it is told not to (`uniqueKeys: false`).
 * @param text that the document is read from
 */
export function repeatedKey({ contents }: Pick<Document.Parsed, 'contents'>, text: string): RepeatedKey | undefined {
  // Level by level, so that depth costs no stack.
  for (let level: readonly unknown[] = [contents]; level.length > 0; level = level.flatMap(childrenOf)) {
    for (const node of level) {
      const found = secondIn(node);
      if (found !== undefined) return { key: quote(found.key), place: placeOf(text, found.offset) };
    }
  }
  return undefined;
}

function childrenOf(node: unknown): readonly unknown[] {
  if (!isCollection(node)) return [];
  return node.items.flatMap((item): unknown[] => (isPair(item) ? [item.key, item.value] : [item]));
}

function secondIn(node: unknown): { readonly key: string; readonly offset: number } | undefined {
  const seen = new Set<unknown>();
  for (const { key } of isMap(node) ? node.items : []) {
    const value = isScalar(key) ? key.value : key;
    if (seen.has(value)) return { key: String(value), offset: (isScalar(key) ? key.range?.[0] : undefined) ?? 0 };
    seen.add(value);
  }
  return undefined;
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

import { parseAllDocuments, type Document } from 'yaml';
import { repeatedKey, type RepeatedKey } from './repeated-key.ts';

export interface ParsedDocument {
  /** What is wrong with it, first of all. */
  readonly document: Document.Parsed;
  /** Looked for where nothing else is wrong. */
  readonly repeated: RepeatedKey | undefined;
}

/** All documents of a text that somebody else may have written, in time that grows with its length. */
export function parseDocuments(text: string): readonly ParsedDocument[] {
  const options = { schema: 'core', resolveKnownTags: false, stringKeys: true, uniqueKeys: false } as const;
  const documents: readonly Document.Parsed[] = parseAllDocuments(text, { ...options, logLevel: 'error' });
  return documents.map((document) => ({
    document,
    repeated: document.errors.length > 0 ? undefined : repeatedKey(document, text),
  }));
}

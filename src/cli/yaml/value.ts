import { parseDocument } from 'yaml';
import { repeatedKey } from './repeated-key.ts';

/**
 * The value of a text that is one document, in time that grows with its length.
 * @throws Error what is wrong with it, where; ReferenceError for too many aliases
 */
export function parseValue(text: string): unknown {
  const document = parseDocument(text, { schema: 'core', uniqueKeys: false, logLevel: 'error' });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  const again = repeatedKey(document, text);
  if (again !== undefined) throw new Error(`the key ${again.key} is there twice: the second one is at ${again.place}`);
  return document.toJS();
}

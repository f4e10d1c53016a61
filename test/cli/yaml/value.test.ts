import { describe, expect, it } from 'vitest';
import { parseValue } from '../../../src/cli/yaml/value.ts';

describe('a text that is one document', () => {
  it('has a value', () => expect(parseValue('a: [1, "b"]')).toStrictEqual({ a: [1, 'b'] }));

  it.each([
    ['a: [', 'Flow sequence in block collection must be'],
    ['a: 1\na: 2', 'the key "a" is there twice: the second one is at line 2, column 1'],
    ['a\n---\nb', 'Source contains multiple documents'],
  ])('%j is none', (text, message) => expect(() => parseValue(text)).toThrow(message));
});

import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { repeatedKey, type RepeatedKey } from '../../../src/cli/yaml/repeated-key.ts';

function find(text: string): RepeatedKey | undefined {
  return repeatedKey(parseDocument(text, { uniqueKeys: false }), text);
}

describe('a key that an object has twice', () => {
  it.each([
    ['a: 1\nb: 2\na: 3', { key: '"a"', place: 'line 3, column 1' }],
    ['a:\n- b: 1\n  "b": 2', { key: '"b"', place: 'line 3, column 3' }],
    ['{a: {b: 1, c: {}, c: []}}', { key: '"c"', place: 'line 1, column 19' }],
  ])('is found in %j', (text, says) => expect(find(text)).toStrictEqual(says));

  it.each(['a: {b: 1}\nb: {a: 1}', '- a: 1\n- a: 1', '', 'a', '[a, a]'])('is not there in %j', (text) => {
    expect(find(text)).toBeUndefined();
  });
});

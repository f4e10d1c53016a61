import { assert, json, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonObject } from '../../src/config/json.ts';
import { Failure } from '../../src/system/failure.ts';
import { failureOf } from '../failure-of.ts';

const parse = (text: string | Buffer) => parseJsonObject(Buffer.from(text), 'the input');
const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;

describe('parseJsonObject', () => {
  it.each([
    ['', 'decode: the input is empty: it must be a JSON object'],
    [' \n', 'decode: the input is empty'],
    ['{', 'decode: the input is not JSON: '],
    ['{"a":1,}', 'decode: the input is not JSON'],
    ['\uFEFF{}', 'decode: the input begins with a byte order mark'],
    ['null', 'decode: the input is not a JSON object'],
    ['[{}]', 'decode: the input is not a JSON object'],
    ['"x"', 'decode: the input is not a JSON object'],
    ['{"__proto__":{}}', 'decode: the input has the key "__proto__"'],
    ['{"a":[{"__proto__":1}]}', 'decode: the input has the key "__proto__"'],
    [nested(65), 'decode: the input is nested deeper than 64 levels'],
    [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'decode: the input is nested deeper than 64 levels'],
    [Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]), 'decode: the input is not valid UTF-8'],
    [`{"a":"${'x'.repeat(4 * 1024 * 1024)}"}`, 'decode: the input is larger than 4194304 bytes'],
  ])('%.20s is refused', (text, says) => {
    expect(failureOf(() => parse(text))).toContain(says);
  });

  it.each([
    ['{}', {}],
    [' {"a": [1, {"b": null}]} ', { a: [1, { b: null }] }],
    ['{"constructor": 1, "toString": 2}', { constructor: 1, toString: 2 }],
    ['{"a": 1, "a": 2}', { a: 2 }],
  ])('%s', (text, value) => {
    expect(parse(text)).toStrictEqual(value);
  });

  it('takes 64 levels', () => {
    expect(() => parse(nested(64))).not.toThrow();
  });

  it('gives what JSON.parse gives, or a Failure', () => {
    assert(
      property(json(), (text) => {
        try {
          expect(parse(text)).toStrictEqual(JSON.parse(text));
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});

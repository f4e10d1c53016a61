import { expect, it } from 'vitest';
import { objectIn } from '../../src/system/json-object.ts';

it.each([
  ['{"a":1}', { a: 1 }],
  ['{}', {}],
  ['', {}],
  ['{"a"', {}],
  ['[1]', {}],
  ['null', {}],
  ['1', {}],
])('the object in %j is %j', (text, object) => {
  expect(objectIn(text)).toEqual(object);
});

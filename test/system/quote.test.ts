import { expect, it } from 'vitest';
import { quote } from '../../src/system/quote.ts';

it.each([
  ['net1', '"net1"'],
  ['', '""'],
  ['a "b"\nc', String.raw`"a \"b\"\nc"`],
  ['x'.repeat(80), `"${'x'.repeat(80)}"`],
  ['x'.repeat(81), `"${'x'.repeat(80)}…"`],
])('%j is shown as %s', (text, shown) => expect(quote(text)).toBe(shown));

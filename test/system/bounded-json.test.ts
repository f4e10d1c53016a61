import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStringBudget, mostStrings, parseForeignJson } from '../../src/system/bounded-json.ts';
import { Failure } from '../../src/system/failure.ts';

/** `count` strings that differ, from the number `first` on. */
function strings(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, index) => `s${first + index}`);
}

const attachments = Array.from({ length: 5000 }, (_, index) => ({
  containerID: index.toString(16).padStart(64, 'c'),
  ifname: `net${index % 8}`,
}));

describe('createStringBudget', () => {
  it.each([
    ['a GC with 5,000 attachments', { 'cni.dev/valid-attachments': attachments }],
    ['the same string a hundred thousand times', Array.from({ length: 100_000 }, () => 'eth0')],
    ['a hundred thousand numbers', Array.from({ length: 100_000 }, (_, index) => index)],
    ['one string of a megabyte, with quotation marks in it', '"{\\"'.repeat(250_000)],
    ['as many different strings as there may be', strings(mostStrings)],
  ])('accepts %s', (_, value) => {
    const charge = createStringBudget(mostStrings);
    expect(() => {
      charge(JSON.stringify(value), 'the text');
    }).not.toThrow();
  });

  it.each([
    ['values', strings(mostStrings + 1)],
    ['keys', Object.fromEntries(strings(mostStrings + 1).map((key) => [key, 0]))],
    ['keys of many objects', strings(mostStrings + 1).map((key) => ({ [key]: 0 }))],
    ['strings that differ behind an escaped quotation mark', strings(mostStrings + 1).map((text) => `"\\"${text}`)],
    ['strings that end with a backslash', strings(mostStrings + 1).map((text) => `${text}\\`)],
  ])('refuses one more, as %s', (_, value) => {
    const charge = createStringBudget(mostStrings);
    expect(() => {
      charge(JSON.stringify(value), 'the NetworkAttachmentDefinition');
    }).toThrow(
      new Failure(
        'decode',
        'the NetworkAttachmentDefinition has, with all that was read before it, more than 6000 different strings: expected a few hundred',
      ),
    );
  });

  it('adds up what is in many small texts', () => {
    const charge = createStringBudget(100);
    const texts = Array.from({ length: 11 }, (_, index) => JSON.stringify(strings(10, 10 * index)));
    const refused = texts.map((text, index) => {
      try {
        charge(text, `text ${index}`);
        return '';
      } catch (error) {
        return error instanceof Failure ? error.kind : 'another error';
      }
    });
    expect(refused).toEqual(['', '', '', '', '', '', '', '', '', '', 'decode']);
  });

  it('refuses no JSON that has fewer strings, and accepts none that has more', () => {
    const most = 12;
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), { maxLength: 4 }), (values) => {
        const texts = values.map((value) => JSON.stringify(value));
        const written = new Set(texts.flatMap((text) => text.match(/"(?:[^"\\]|\\.)*"/gsu) ?? []));
        const charge = createStringBudget(most);
        const readAll = (): void => {
          for (const text of texts) charge(text, 'it');
        };
        if (written.size > most) expect(readAll).toThrow(Failure);
        else expect(readAll).not.toThrow();
      }),
    );
  });

  // What grows with the square would take hours.
  it('is done with 1.5 MB of hostile text in a moment', () => {
    const charge = createStringBudget(mostStrings);
    const texts = ['\\'.repeat(1_500_000), '\\"'.repeat(750_000), '"'.repeat(1_500_000), '"\\'.repeat(750_000)];
    const start = performance.now();
    for (const text of texts) charge(`"${text}"`, 'it');
    expect(performance.now() - start).toBeLessThan(30_000);
  });
});

describe('parseForeignJson', () => {
  it('bounds nothing in a process that has not asked for it', () => {
    expect(parseForeignJson(JSON.stringify(strings(2 * mostStrings)), 'it')).toHaveLength(2 * mostStrings);
  });
});

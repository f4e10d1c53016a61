import { describe, expect, it } from 'vitest';
import { keptText, readKept, readLastKept } from '../../src/system/kept-file.ts';
import { isJsonObject } from '../../src/system/json-object.ts';

interface Thing {
  readonly name: string;
}

function isThing(value: unknown): value is Thing {
  return isJsonObject(value) && typeof value['name'] === 'string';
}

function read(text: string): Thing | undefined {
  return readKept(Buffer.from(text), isThing);
}

function readLast(text: string): Thing | undefined {
  return readLastKept(Buffer.from(text), isThing);
}

describe('a file that is kept on disk', () => {
  it('is read as it was written', () => {
    expect(read(keptText({ name: 'a' }))).toMatchObject({ name: 'a' });
  });

  it('is nothing while it is not there', () => {
    expect(readKept(undefined, isThing)).toBeUndefined();
  });

  it.each(Array.from(keptText({ name: 'a' }), (_, end) => keptText({ name: 'a' }).slice(0, end)))(
    'is nothing when it is torn: %j',
    (text) => {
      expect(read(text)).toBeUndefined();
    },
  );

  it.each(['{"name":"a"}', '{"version":2,"name":"a"}', '{"version":1,"name":1}', '[]', 'null', '"a"', '\u0000'])(
    'is nothing when it is foreign: %j',
    (text) => {
      expect(read(text)).toBeUndefined();
    },
  );
});

describe('a file that lines are added to', () => {
  const [first, last] = [keptText({ name: 'a' }), keptText({ name: 'b' })];

  it('is what its last line says', () => {
    expect(readLast(first)).toMatchObject({ name: 'a' });
    expect(readLast(`${first}\n${last}`)).toMatchObject({ name: 'b' });
    expect(readLastKept(undefined, isThing)).toBeUndefined();
  });

  it.each([...Array.from(last, (_, end) => last.slice(0, end)), '\u0000\u0000'])(
    'is what the line before says when the last one is torn: %j',
    (torn) => {
      expect(readLast(`${first}\n${torn}`)).toMatchObject({ name: 'a' });
      expect(readLast(`${first}\n${torn}\n${last}`)).toMatchObject({ name: 'b' });
    },
  );

  it('is nothing when its last line is of another version, or foreign', () => {
    expect(readLast(`${first}\n{"version":2,"name":"b"}`)).toBeUndefined();
    expect(readLast(`${first}\n{"version":1,"name":1}`)).toBeUndefined();
  });
});

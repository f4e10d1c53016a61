import { assert, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSpoken, parseMessage, readError } from '../../src/agent-protocol/protocol.ts';
import { isJsonObject } from '../../src/system/json-object.ts';

describe('a line of the agent’s socket', () => {
  it.each(['', '{', '[]', 'null', '1', '"op"', '{"v":1}x'])('is no message: %j', (line) => {
    expect(parseMessage(line)).toBeUndefined();
  });

  it('is what was sent, whatever is in it', () => {
    assert(
      property(jsonValue(), (value) => {
        const line = JSON.stringify(value);
        const expected: unknown = isJsonObject(value) ? JSON.parse(line) : undefined;
        expect(parseMessage(line)).toEqual(expected);
      }),
    );
  });

  it('that is noise never throws', () => {
    assert(property(string(), (line) => void parseMessage(line)));
  });

  it.each([
    { v: 1, spoken: true },
    { v: 0, spoken: false },
    { v: 2, spoken: false },
    { v: '1', spoken: false },
    { v: undefined, spoken: false },
  ])('of version $v is understood: $spoken', ({ v, spoken }) => {
    expect(isSpoken({ v })).toBe(spoken);
  });
});

describe('an error in an answer', () => {
  it('is none where there is none', () => {
    expect(readError({ version: 'x' })).toBeUndefined();
  });

  it.each([
    { error: { kind: 'ipam', message: 'full' }, kind: 'ipam', isFinal: true, leftover: false },
    {
      error: { kind: 'unavailable', message: 'away', leftover: true },
      kind: 'unavailable',
      isFinal: false,
      leftover: true,
    },
    {
      error: { kind: 'config', message: 'odd', leftover: 'yes' },
      kind: 'unavailable',
      isFinal: false,
      leftover: false,
    },
    { error: 'text', kind: 'unavailable', isFinal: false, leftover: false },
    { error: null, kind: 'unavailable', isFinal: false, leftover: false },
  ])('$error is final: $isFinal', ({ error, kind, isFinal, leftover }) => {
    expect(readError({ error })).toMatchObject({ failure: { kind }, isFinal, leftover });
  });
});

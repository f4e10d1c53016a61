import { assert, integer, property, tuple, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowsVlans, formatVlans, parseVlans } from '../../src/config/vlans.ts';
import { failureOf } from '../failure-of.ts';

describe('a set of VLANs', () => {
  it.each([
    [['100', '200-299'], '100, 200-299'],
    [['0'], '0'],
    [['0-4094'], '0-4094'],
    [['7-7'], '7'],
    [[], ''],
  ])('%j reads as %s', (texts, shown) => {
    expect(formatVlans(parseVlans(texts, 'x') ?? [])).toBe(shown);
  });

  it.each(['4095', '300-200', '1-4095', 'x', '1-x'])('%s is refused', (text) => {
    expect(failureOf(() => parseVlans([text], 'allowedVLANs'))).toMatch(/^config: allowedVLANs has "/u);
  });

  it('that is absent has every VLAN; an empty one has none', () => {
    expect(parseVlans(undefined, 'x')).toBeUndefined();
    expect(allowsVlans(undefined, { first: 0, last: 4094 })).toBe(true);
    expect(allowsVlans([], { first: 0, last: 0 })).toBe(false);
  });

  it.each([
    [['10-20', '21-30'], { first: 10, last: 30 }, true],
    [['21-30', '10-20'], { first: 15, last: 25 }, true],
    [['10-30', '12-13'], { first: 10, last: 30 }, true],
    [['10-20', '22-30'], { first: 10, last: 30 }, false],
    [['10-20'], { first: 9, last: 20 }, false],
    [['10-20'], { first: 10, last: 21 }, false],
  ])('%j allows %j: %s', (texts, range, allowed) => {
    expect(allowsVlans(parseVlans(texts, 'x'), range)).toBe(allowed);
  });

  it('allows a range just if it allows each VLAN of it', () => {
    const vlan = integer({ min: 0, max: 40 });
    const range = tuple(vlan, vlan).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
    assert(
      property(uniqueArray(range), range, (set, { first, last }) => {
        const each = Array.from({ length: last - first + 1 }, (_, index) => first + index).every((id) =>
          set.some((one) => one.first <= id && id <= one.last),
        );
        expect(allowsVlans(set, { first, last })).toBe(each);
      }),
    );
  });
});

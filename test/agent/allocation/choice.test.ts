import { describe, expect, it } from 'vitest';
import { createChoice, type Choice } from '../../../src/agent/allocation/choice.ts';
import { readPool } from '../../../src/ipam/pool.ts';
import { address, manifest } from '../../ipam/sample.ts';

const pool = readPool(manifest({ name: 'a', ranges: ['10.1.0.2-10.1.0.9'], gateway: '10.1.0.1' }));
const first = address('10.1.0.2').value;
const free = [{ first: first + 1n, last: first + 5n }];

describe('where to look for an address', () => {
  it('is not where others of this Node are looking, or have found one', () => {
    const choice = createChoice(() => [first + 5n]);
    const end = choice.offered(pool, first + 1n);
    choice.held(pool, first + 3n, 'us');
    expect(numbers(choice)).toStrictEqual([2, 4]);
    end();
    expect(numbers(choice)).toStrictEqual([1, 2, 4]);
  });

  it('is the lowest free one, but not for a while after somebody else was faster', () => {
    let now = 0;
    const choice = createChoice(
      () => [],
      () => now,
    );
    expect(choice.where(pool, free).lowestFirst).toBe(true);
    choice.held(pool, first + 1n, 'others');
    expect(choice.where(pool, free).lowestFirst).toBe(false);
    expect(numbers(choice)).toStrictEqual([2, 3, 4, 5]);
    now = 6000;
    expect(choice.where(pool, free).lowestFirst).toBe(true);
    expect(numbers(choice)).toStrictEqual([1, 2, 3, 4, 5]);
  });

  it('is all of the pool where nobody says what is free', () => {
    const choice = createChoice(() => [first + 2n, first + 3n]);
    const { likely } = choice.where(pool, []);
    expect(likely()).toStrictEqual([
      { first, last: first + 1n },
      { first: first + 4n, last: first + 7n },
    ]);
  });

  it('is not kept apart from another pool of the same name by what was tried in that one', () => {
    const choice = createChoice(() => []);
    choice.offered({ ...pool, uid: 'another' }, first + 1n);
    expect(numbers(choice)).toStrictEqual([1, 2, 3, 4, 5]);
  });
});

/** Of the free ones, counted from the first of the pool. */
function numbers(choice: Choice): number[] {
  return choice.where(pool, free).free.flatMap((range) => {
    const length = Number(range.last - range.first) + 1;
    return Array.from({ length }, (_, index) => Number(range.first - first) + index);
  });
}

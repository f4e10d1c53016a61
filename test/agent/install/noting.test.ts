import { describe, expect, it } from 'vitest';
import { carriedVlans } from '../../../src/agent/install/noting.ts';

describe('the VLANs that networks may use, where the agent is not told of them', () => {
  it.each<[string, readonly (readonly number[] | undefined)[], readonly string[] | undefined]>([
    ['there is no interface', [], undefined],
    ['one carries all', [[1, 2], undefined], undefined],
    [
      'each carries some',
      [
        [0, 100, 101],
        [7, 101, 102],
      ],
      ['0', '7', '100-102'],
    ],
  ])('%s', (_, lists, wanted) => {
    expect(carriedVlans({ interfaces: lists.map((vlans, at) => ({ name: `eth${at}`, vlans })) })).toEqual(wanted);
  });
});

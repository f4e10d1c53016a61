import { assert, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { hashName, hashWords } from '../../src/system/hash.ts';

it('gives the names that earlier versions gave: they are on disk and in OVS', () => {
  expect([hashName(), hashName(''), hashName('c1', 'net1')]).toStrictEqual([
    'oylumjcpy5exfdebqngga7yrgagc',
    'zeurnqcxct4pecmokqznb2hzm6nc',
    '7tddpgbha4uakcw6qkkhciotez6a',
  ]);
});

it('is made of letters and digits that any name may have', () => {
  assert(
    property(string(), string(), (one, two) => {
      expect(hashName(one, two)).toMatch(/^[a-z2-7]{28}$/u);
      for (const word of hashWords(one, two)) expect(Number.isInteger(word) && word >= 0 && word < 2 ** 32).toBe(true);
    }),
  );
});

it('tells where one part ends and the next begins', () => {
  const all = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['', 'abc'], ['1:a'], ['1', 'a']];
  expect(new Set(all.map((parts) => hashName(...parts))).size).toBe(all.length);
});

it('spreads: among 200,000 similar attachments no two host interfaces have one name', () => {
  const names = new Set<string>();
  for (let index = 0; index < 100_000; index++) {
    for (const ifname of ['net1', 'net2']) names.add(hashName(`container-${index}`, ifname).slice(0, 13));
  }
  expect(names.size).toBe(200_000);
});

it('spreads: each bit of each word is as often 1 as 0, and changes with half of all changes of a letter', () => {
  const count = 4000;
  const ones = Array.from({ length: 128 }, () => 0);
  const changes = Array.from({ length: 128 }, () => 0);
  for (let index = 0; index < count; index++) {
    const here = bitsOf(hashWords(`c${index}`, 'net1'));
    const there = bitsOf(hashWords(`c${index}`, 'net2'));
    for (const [bit, value] of here.entries()) {
      ones[bit] = (ones[bit] ?? 0) + value;
      changes[bit] = (changes[bit] ?? 0) + (value === there[bit] ? 0 : 1);
    }
  }
  for (const sum of [...ones, ...changes]) expect(Math.abs(sum / count - 0.5)).toBeLessThan(0.05);
});

function bitsOf(words: readonly number[]): readonly number[] {
  return words.flatMap((word) => Array.from({ length: 32 }, (_, bit) => (word >>> bit) & 1));
}

import { expect, it } from 'vitest';
import { backgroundList } from '../../../src/agent/cleanup/background-list.ts';

function start() {
  let now = 0;
  const answers: ((list: readonly string[] | undefined) => void)[] = [];
  const list = backgroundList<string>({
    read: async () => {
      const { promise, resolve } = Promise.withResolvers<readonly string[] | undefined>();
      answers.push(resolve);
      return promise;
    },
    clock: () => now,
  });
  const answer = async (value: readonly string[] | undefined): Promise<void> => {
    answers.at(-1)?.(value);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { list, answer, reads: () => answers.length, at: (time: number) => void (now = time) };
}

it('a list is as it was read last, and nobody waits for it', async () => {
  const { list, answer } = start();
  list.refresh(-1);
  expect(list.current()).toEqual([]);
  await answer(['a']);
  expect(list.current()).toEqual(['a']);
});

it('a list is as old as the begin of its reading, and is read again only when it is too old', async () => {
  const { list, answer, reads, at } = start();
  at(10);
  list.refresh(5);
  at(20);
  await answer(['a']);
  expect([list.isNewerThan(9), list.isNewerThan(10)]).toEqual([true, false]);
  list.refresh(5);
  expect(reads()).toBe(1);
  list.refresh(10);
  list.refresh(10);
  expect(reads()).toBe(2);
});

it('a list that cannot be read stays as it was, as old as it is', async () => {
  const { list, answer, reads, at } = start();
  at(10);
  list.refresh(5);
  await answer(['a']);
  at(20);
  list.refresh(15);
  await answer(undefined);
  expect([list.current(), list.isNewerThan(10)]).toEqual([['a'], false]);
  list.refresh(15);
  expect(reads()).toBe(3);
});

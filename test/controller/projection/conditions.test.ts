import { describe, expect, it } from 'vitest';
import { conditionsOf, mergeConditions, type PoolFacts } from '../../../src/controller/projection/conditions.ts';
import { transitionsOf } from '../../../src/controller/projection/events.ts';
import type { Figures } from '../../../src/controller/projection/tally.ts';
import type { JsonObject } from '../../../src/system/json-object.ts';
import { address } from '../../ipam/sample.ts';

const now = '2026-01-02T00:00:00Z';

describe('the conditions of a pool', () => {
  it.each([
    ['nobody holds an address', { total: 10n, free: 10n }, []],
    ['a tenth and more is free', { total: 100n, free: 11n }, []],
    ['a tenth is free', { total: 100n, free: 10n }, ['NearlyFull']],
    ['one of a few is free', { total: 3n, free: 1n }, []],
    ['all are held', { total: 3n, free: 0n }, ['Exhausted', 'NearlyFull']],
    ['there is none', { total: 0n, free: 0n }, ['Exhausted']],
    ['some lie in no range', { outside: { count: 5, lowest: [address('10.0.0.1')] } }, ['OutOfRange']],
  ] as const)('when %s', (_, figures, expected) => {
    expect(holding(conditionsOf(facts({ figures }), [], now))).toEqual(expected);
  });

  it('name the pools that overlap', () => {
    const overlaps = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const said = conditionsOf(facts({ overlaps }), [], now);
    expect(holding(said)).toEqual(['Overlaps']);
    expect(said.find(({ type }) => type === 'Overlaps')?.message).toContain('a, b, c, d, e and 2 more');
  });

  it('name addresses that lie in no range', () => {
    const figures = { outside: { count: 4, lowest: [address('10.0.0.1'), address('10.0.0.2')] } };
    const [message] = conditionsOf(facts({ figures }), [], now).flatMap(({ type, message: text }) =>
      type === 'OutOfRange' ? [text] : [],
    );
    expect(message).toBe('4 of the addresses that are held lie in no range of the pool: 10.0.0.1, 10.0.0.2, …');
  });

  it('keep the time of the last change of their status, not of their message', () => {
    const since = '2026-01-01T00:00:00Z';
    const before = [
      { type: 'Exhausted', status: 'False', reason: 'SomeFree', message: 'other words', lastTransitionTime: since },
      { type: 'NearlyFull', status: 'True', reason: 'FewFree', message: '', lastTransitionTime: since },
    ];
    const times = conditionsOf(facts({}), before, now).map(({ type, lastTransitionTime }) => [
      type,
      lastTransitionTime,
    ]);
    expect(Object.fromEntries(times)).toMatchObject({ Exhausted: since, NearlyFull: now, Overlaps: now });
  });

  it('say once that nothing is to be adopted, and leave alone what says that it was', () => {
    const adopted = { type: 'Adopted', status: 'True', reason: 'Done', message: 'm', lastTransitionTime: now };
    expect(conditionsOf(facts({}), [], now)).toContainEqual(expect.objectContaining({ reason: 'NothingToAdopt' }));
    const again = conditionsOf(facts({}), [adopted], now);
    expect(mergeConditions([adopted], again).filter((one) => 'reason' in one && one.reason === 'Done')).toEqual([
      adopted,
    ]);
    expect(again.map(({ type }) => type)).not.toContain('Adopted');
  });

  it('stand beside those of others', () => {
    const theirs: JsonObject = { type: 'Audited', status: 'True' };
    const merged = mergeConditions([theirs], conditionsOf(facts({}), [theirs], now));
    expect(merged).toContain(theirs);
    expect(merged).toHaveLength(6);
  });
});

describe('Events of a pool', () => {
  it.each([
    ['a new pool is in order', [], facts({}), []],
    ['a new pool has no addresses', [], facts({ figures: { total: 0n, free: 0n } }), ['Warning Exhausted']],
    ['nothing changes', ['Exhausted'], facts({ figures: { total: 0n, free: 0n } }), []],
    ['it is as it should be again', ['Exhausted', 'Overlaps'], facts({}), ['Normal SomeFree', 'Normal NoneShared']],
  ] as const)('when %s', (...[, held, after, expected]) => {
    const before = held.map((type) => ({ type, status: 'True' }));
    const events = transitionsOf(before, conditionsOf(after, before, now));
    expect(events.map(({ type, reason }) => `${type} ${reason}`)).toEqual(expected);
  });
});

function facts(some: { readonly figures?: Partial<Figures>; readonly overlaps?: readonly string[] }): PoolFacts {
  const figures = { used: 0, total: 100n, free: 100n, lowestFree: [], outside: { count: 0, lowest: [] } };
  return { generation: 1, overlaps: some.overlaps ?? [], figures: { ...figures, ...some.figures } };
}

function holding(conditions: ReturnType<typeof conditionsOf>): readonly string[] {
  return conditions.filter(({ type, status }) => status === 'True' && type !== 'Adopted').map(({ type }) => type);
}

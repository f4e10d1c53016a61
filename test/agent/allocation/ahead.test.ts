import { expect, it } from 'vitest';
import { createAhead, type AheadOptions } from '../../../src/agent/allocation/ahead.ts';
import type { Begun } from '../../../src/agent-protocol/begun.ts';
import { readPool } from '../../../src/ipam/pool.ts';
import type { CreateOutcome } from '../../../src/ipam/store.ts';
import { Failure } from '../../../src/system/failure.ts';
import { address, manifest, owner } from '../../ipam/sample.ts';

const who = owner('c1');

/** Pools `a` and `b`; what is done is logged in order. */
function scene(
  more: Partial<AheadOptions['store']> = {},
  beforeRecord: () => void = () => {},
  onRecord: readonly Begun[] = [],
) {
  const log: string[] = [];
  const store: AheadOptions['store'] = {
    readPool: async (name) => {
      if (name === 'none') throw new Failure('ipam', 'no such pool');
      const object = manifest({ name, ranges: ['10.1.0.0/24'], gateway: '10.1.0.1' });
      return { pool: readPool(object), object };
    },
    candidates: async function* ({ name }) {
      if (name !== 'full') yield address('10.1.0.2');
    },
    create: async ({ pool, address: one, owner: holder, attempt = '' }) => {
      log.push(`create in ${pool.name} by ${attempt}`);
      const phase = 'Allocated' as const;
      const allocation = { pool: pool.name, poolUID: '', address: one, phase, owner: holder, version: 'u/1' };
      return { created: true, allocation };
    },
    ...more,
  };
  const records: AheadOptions['records'] = {
    write: (_id, begun) => {
      beforeRecord();
      log.push(`record of ${begun.pool}: ${begun.address} by ${begun.attempt}`);
    },
    of: () => onRecord,
    remove: (_id, pool) => void log.push(`no record of ${pool}`),
    sweep: () => {},
  };
  return { log, ahead: createAhead({ store, records, chance: () => 0 }) };
}

const always = (): boolean => true;
const attempt = '0'.repeat(32);

it('a create is on record before it is begun, and until the plugin asks for it', async () => {
  const { log, ahead } = scene();
  const begun = await ahead.begin({ pools: ['a', 'b'], owner: who }, always);
  expect([...begun.keys()]).toStrictEqual(['a', 'b']);
  const [one] = begun.values();
  if (one === undefined) throw new Error('nothing was begun');
  expect(await ahead.handOver(one)).toMatchObject({ created: true, allocation: { pool: 'a', owner: who } });
  const steps = ['record of a: 10.1.0.2', 'create in a'].map((step) => `${step} by ${attempt}`);
  expect(log.filter((step) => !/ (?:of|in) b\b/u.test(step))).toStrictEqual([...steps, 'no record of a']);
});

it('nothing is begun in a pool that is not there or has no free address', async () => {
  const { log, ahead } = scene();
  expect((await ahead.begin({ pools: ['none', 'full'], owner: who }, always)).size).toBe(0);
  expect(log).toStrictEqual([]);
});

it('nothing is created that cannot be put on record', async () => {
  const { log, ahead } = scene({}, () => {
    throw new Failure('io', 'no space left');
  });
  expect((await ahead.begin({ pools: ['a'], owner: who }, always)).size).toBe(0);
  expect(log).toStrictEqual([]);
});

it('nothing is begun for an interface that has something on record: the plugin would not find it', async () => {
  const killed = { pool: 'a', address: '10.1.0.9', attempt: 'abc' };
  const { ahead } = scene({}, () => {}, [killed]);
  expect([...(await ahead.begin({ pools: ['a', 'b'], owner: who }, always)).keys()]).toStrictEqual(['b']);
});

it('what the API server says goes to who asks, and to nobody else', async () => {
  const { ahead } = scene({
    create: async () => {
      throw new Failure('unavailable', 'not now');
    },
  });
  const [one] = (await ahead.begin({ pools: ['a'], owner: who }, always)).values();
  if (one === undefined) throw new Error('nothing was begun');
  await expect(ahead.handOver(one)).rejects.toMatchObject({ message: 'not now' });
});

it('nothing is begun for a plugin that has gone while an address was looked for', async () => {
  const gone = { isTrue: false };
  const { log, ahead } = scene({
    candidates: async function* () {
      gone.isTrue = true;
      yield address('10.1.0.2');
    },
  });
  expect((await ahead.begin({ pools: ['a'], owner: who }, () => !gone.isTrue)).size).toBe(0);
  expect(log).toStrictEqual([]);
});

it('whoever asks by the attempt of a create that is under way waits for it; it is sent once', async () => {
  const sent: PromiseWithResolvers<CreateOutcome>[] = [];
  const { ahead } = scene({
    create: async () => {
      const one = Promise.withResolvers<CreateOutcome>();
      sent.push(one);
      return one.promise;
    },
  });
  const [begun] = (await ahead.begin({ pools: ['a'], owner: who }, always)).values();
  if (begun === undefined) throw new Error('nothing was begun');
  const { pool, address: one } = begun;
  const asked = ahead.create({ pool, address: one, owner: who, attempt });
  const phase = 'Allocated' as const;
  const allocation = { pool: 'a', poolUID: '', address: one, phase, owner: who, version: 'u/1' };
  sent[0]?.resolve({ created: true, allocation });
  expect([await asked, sent.length]).toStrictEqual([{ created: true, allocation }, 1]);
  void ahead.create({ pool, address: one, owner: who, attempt });
  expect(sent).toHaveLength(2);
});

import { afterEach, expect, it } from 'vitest';
import type { Exchange } from '../../src/agent-protocol/exchange.ts';
import { begunRecords, type BegunRecords } from '../../src/agent-protocol/begun.ts';
import { formatAddress } from '../../src/ipam/address.ts';
import { readPool } from '../../src/ipam/pool.ts';
import type { Store } from '../../src/ipam/store.ts';
import { takeBackBegun, tidily } from '../../src/plugin/begun.ts';
import type { Context } from '../../src/plugin/context.ts';
import { Failure } from '../../src/system/failure.ts';
import { files } from '../../src/system/files.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { manifest } from '../ipam/sample.ts';
import { contextOf, unused } from './call-context.ts';

const resources = createResources();
afterEach(resources.release);

const id = { containerID: 'c1', ifname: 'net1' };

interface Scene {
  readonly context: Context;
  readonly records: BegunRecords;
  readonly log: readonly string[];
}

/** An agent has begun 10.1.0.2 of pool `a` for the call. */
async function scene(more: Partial<Store> = {}): Promise<Scene> {
  const { path } = await resources.use(makeTempDir('begun'));
  const socket = `${path}/agent.sock`;
  const log: string[] = [];
  const store: Store = {
    readPool: async (name) => readPool(manifest({ name, ranges: ['10.1.0.0/24'], gateway: '10.1.0.1' })),
    create: async (pool, address, owner) => {
      log.push(`create ${formatAddress(address)}`);
      const held = { pool: pool.name, poolUID: '', address, phase: 'Allocated' as const, owner, version: 'u/1' };
      return { created: true, allocation: held };
    },
    release: async ({ address }) => {
      log.push(`release ${formatAddress(address)}`);
      return 'released';
    },
    candidates: unused,
    get: unused,
    find: unused,
    ...more,
  };
  const plain = contextOf(path, id.ifname, { store, isAnnounced: true });
  const settings: Context['settings'] = {
    ...plain.settings,
    store: { kind: 'kubernetes', kubeconfig: '/none', agentSocket: socket },
  };
  const records = begunRecords(files, socket);
  records.write(id, { pool: 'a', address: '10.1.0.2', attempt: 'abc' });
  return { context: { ...plain, settings }, records, log };
}

it('what nobody has asked for is asked for, and released', async () => {
  const { context, records, log } = await scene();
  await takeBackBegun(context);
  expect(log).toStrictEqual(['create 10.1.0.2', 'release 10.1.0.2']);
  expect(records.of(id)).toStrictEqual([]);
  await takeBackBegun(context);
  expect(log).toHaveLength(2);
});

it('what somebody else has got is left to him', async () => {
  const { context, records, log } = await scene({
    create: async (pool, address, owner) => {
      const held = { pool: pool.name, poolUID: '', address, phase: 'Allocated' as const, owner, version: 'u/2' };
      return { created: false, allocation: held };
    },
  });
  await takeBackBegun(context);
  expect(log).toStrictEqual([]);
  expect(records.of(id)).toStrictEqual([]);
});

it('what the journal says is held stays', async () => {
  const { context, records, log } = await scene();
  const addresses = [{ pool: 'a', address: '10.1.0.2', version: 'u/1' }];
  const entry = { ...id, network: 'blue', netns: '', hostInterface: '', pools: ['a'], addresses, confirmed: true };
  context.journal.write(entry);
  await takeBackBegun(context);
  expect(log).toStrictEqual([]);
  expect(records.of(id)).toStrictEqual([]);
});

it('what cannot be taken back now stays on record', async () => {
  const { context, records } = await scene({
    create: async () => {
      throw new Failure('unavailable', 'the API server is away');
    },
  });
  await takeBackBegun(context);
  expect(records.of(id)).toMatchObject([{ pool: 'a', address: '10.1.0.2', attempt: 'abc' }]);
});

it('the interfaces of others are not touched', async () => {
  const { context, records } = await scene();
  records.write({ ...id, ifname: 'net2' }, { pool: 'a', address: '10.1.0.3', attempt: 'def' });
  await takeBackBegun(context);
  expect(records.of({ ...id, ifname: 'net2' })).toHaveLength(1);
});

it('an ADD that fails takes back what was begun for it, and says why it failed', async () => {
  const { context, log } = await scene();
  const failure = new Failure('wiring', 'no bridge');
  await expect(tidily(context, () => Promise.reject(failure))).rejects.toBe(failure);
  expect(log).toContain('release 10.1.0.2');
});

it('an ADD looks for what was begun when the agent has told that nothing more will be', async () => {
  const { context, records, log } = await scene();
  const late = { pool: 'b', address: '10.1.0.7', attempt: 'def' };
  const asked: string[] = [];
  const agent: Exchange = {
    path: '/agent.sock',
    ask: async ({ op }) => {
      asked.push(op);
      records.write(id, late);
      return {};
    },
    hasAnswered: () => asked.length > 0,
    close: () => {},
  };
  await tidily({ ...context, agent }, async () => {});
  expect(log.filter((one) => one.startsWith('release'))).toHaveLength(2);
  await tidily({ ...context, agent }, async () => {});
  expect(asked).toStrictEqual(['hello']);
});

it('an ADD that was not announced looks for nothing', async () => {
  const { context, records } = await scene();
  expect(await tidily({ ...context, isAnnounced: false }, async () => 1)).toBe(1);
  expect(records.of(id)).toHaveLength(1);
});

import { afterEach, expect, it } from 'vitest';
import { createFileStore } from '../../src/ipam/file/store.ts';
import { readPool, type Pool } from '../../src/ipam/pool.ts';
import type { Context } from '../../src/plugin/context.ts';
import { status } from '../../src/plugin/status.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';
import { contextOf } from './call-context.ts';

const resources = createResources();
afterEach(resources.release);

function poolOf(name: string, vlan: number): Pool {
  return readPool({
    metadata: { name },
    spec: {
      ipRanges: [{ start: '10.1.0.10', end: '10.1.0.20' }],
      subnetInfo: { gateway: '10.1.0.1', prefixLength: 24, vlan },
    },
  });
}

async function contextWith(pools: readonly Pool[], read: string[]): Promise<Context> {
  const { path } = await resources.use(makeTempDir('status'));
  const context = contextOf(path, '');
  const { call, settings, ovs } = context;
  const raw = { networkType: 'vlan', ipam: { type: 'antrea', ippools: pools.map(({ name }) => name) } };
  return {
    ...context,
    call: { ...call, config: { ...call.config, ipamType: 'antrea', raw } },
    settings: { ...settings, allowedVLANs: [{ first: 100, last: 199 }] },
    ovs: { ...ovs, bridgeExists: async () => true },
    store: {
      ...createFileStore({ dataDir: path }),
      readPool: async (wanted) => {
        read.push(wanted);
        const pool = pools.find(({ name }) => name === wanted);
        if (pool === undefined) throw new Error(`no pool ${wanted}`);
        return pool;
      },
    },
  };
}

it('STATUS asks for each pool once, for all that it wants to know of it', async () => {
  const read: string[] = [];
  await status(await contextWith([poolOf('a', 100), poolOf('b', 100)], read));
  expect(read).toStrictEqual(['a', 'b']);
});

it('STATUS refuses a VLAN of a pool that this Node does not allow', async () => {
  const context = await contextWith([poolOf('a', 200)], []);
  await expect(status(context)).rejects.toMatchObject({ kind: 'not-ready' });
});

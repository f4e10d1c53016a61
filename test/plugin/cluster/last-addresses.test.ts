import { basename } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findClusterTools } from '../../cluster/tools.ts';
import { isObject, objectsIn, textAt } from '../../fixture/json.ts';
import { errorOf, resultOf, succeeded, type Outcome } from '../../fixture/outcome.ts';
import { antreaExecutable, makeContainerId, type Attachment } from '../../fixture/runtime.ts';
import { startClusterBed, type ClusterBed } from './bed.ts';

const tools = await findClusterTools();
const ours = basename(antreaExecutable());
const count = 100;
/** ANTREA_BURSTS=20 for more of them. */
const rounds = Number(process.env['ANTREA_BURSTS'] ?? 1);
/** Milliseconds: 100 processes on few cores, which others use too, take their time. */
const patience = 180_000;

describe.skipIf(tools.dir === undefined)(`${count} processes that ask one pool at once`, () => {
  let bed: ClusterBed;
  const attached: Attachment[] = [];
  beforeAll(async () => {
    bed = await startClusterBed();
    await bed.applyPools(
      { name: 'roomy', ranges: ['10.70.0.1-10.70.0.128'], gateway: '10.70.0.254' },
      { name: 'last', ranges: ['10.71.0.1-10.71.0.128'], gateway: '10.71.0.254' },
    );
  });
  afterEach(async () => {
    await delAll(attached.splice(0));
    expect(await bed.held()).toStrictEqual([]);
  }, patience);
  afterAll(() => bed?.stop());

  const add = async (pool: string, calls: number): Promise<readonly Outcome[]> => {
    const asked = Array.from({ length: calls }, () => wish(pool));
    attached.push(...asked);
    return Promise.all(asked.map((one) => bed.runtime.add(one)));
  };
  const delAll = async (all: readonly Attachment[]): Promise<void> => {
    for (const outcome of await Promise.all(all.map((one) => bed.runtime.del(one)))) succeeded(outcome);
  };

  const each = Array.from({ length: rounds }, (_, index) => ({ round: index + 1 }));

  it.each(each)(
    'which has 128 addresses get one each, none of them twice (round $round)',
    { timeout: patience },
    async () => {
      const given = (await add('roomy', count)).map(addressOf);
      expect(new Set(given).size).toBe(count);
    },
  );

  it.each(each)(
    'which has 100 addresses left get all of them, and the next one is told (round $round)',
    { timeout: patience },
    async () => {
      const before = [await add('last', 14), await add('last', 14)].flat().map(addressOf);
      const given = (await add('last', count)).map(addressOf);
      expect(new Set([...before, ...given]).size).toBe(128);
      const [next] = await add('last', 1);
      if (next === undefined) throw new Error('nobody asked');
      expect(errorOf(next)).toMatchObject({ code: 101 });
      expect(errorOf(next).msg).toContain('exhausted pool last (all 128 addresses are held)');
    },
  );
});

/** Addresses for another plugin: nothing is made on the Node. */
function wish(pool: string): Attachment {
  return {
    config: { cniVersion: '1.0.0', name: pool, type: 'macvlan', ipam: { type: ours, ippools: [pool] } },
    containerId: makeContainerId(),
    netns: '/run/netns/none',
    ifname: 'net1',
    args: { IgnoreUnknown: '1', K8S_POD_NAMESPACE: 'shop', K8S_POD_NAME: 'web-0', K8S_POD_UID: 'web-0-uid' },
  };
}

function addressOf(outcome: Outcome): string {
  const [ip] = objectsIn(resultOf(outcome)['ips']);
  return (isObject(ip) ? textAt(ip, 'address') : undefined) ?? '';
}

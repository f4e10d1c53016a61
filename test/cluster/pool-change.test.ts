import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted, type Answer, type Api } from './api.ts';
import type { Cluster } from './cluster.ts';
import { startDeployedCluster } from './deployed.ts';
import { finalizer, makePool, oldPool, pool, ranges } from './pools.ts';
import { metadataOf } from './objects.ts';
import { findClusterTools } from './tools.ts';

const tools = await findClusterTools();
const kept = 'existing IPRanges [192.168.0.0/26] cannot be updated or deleted';
const base = pool({ ranges: ['192.168.0.0/26'], gateway: '192.168.0.1' });

describe.skipIf(tools.dir === undefined)('the API server, when an IPPool is changed or deleted', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startDeployedCluster();
  });
  afterAll(() => cluster.stop());

  const change = async (to: (spec: object) => object, status?: object): Promise<Answer> => {
    const { object, path } = await makePool(cluster.admin, base);
    const now = status === undefined ? object : accepted(await cluster.admin.patch(`${path}/status`, { status }));
    return cluster.admin.put(path, { ...now, spec: to(base) });
  };

  describe('changed', () => {
    it.each<[string, (spec: object) => object]>([
      ['21: one range more', withRanges('192.168.0.0/26', '192.168.0.128-192.168.0.132')],
      ['ranges in another order', withRanges('192.168.0.128-192.168.0.132', '192.168.0.0/26')],
      ['another VLAN', onAnotherVLAN],
      ['excludes', (spec) => ({ ...spec, excludes: ['192.168.0.9'] })],
      ['the other shape', () => oldPool(['192.168.0.0/26', '192.168.0.1'])],
    ])('allows row %s', async (_row, to) => {
      expect(await change(to)).toMatchObject({ status: 200, message: '' });
    });

    it.each<[string, (spec: object) => object, string]>([
      ['19: no ranges', withRanges(), kept],
      ['20: the range in other words', withRanges('192.168.0.1/26'), kept],
      ['a smaller range', withRanges('192.168.0.0/27'), kept],
      ['a bigger range', withRanges('192.168.0.0/25'), kept],
      [
        '22: a range in the range',
        withRanges('192.168.0.0/26', '192.168.0.5-192.168.0.10'),
        'overlaps with range [192.168.0.0/26]',
      ],
      [
        '24: gateway',
        (spec) => ({ ...spec, subnetInfo: { gateway: '192.168.0.2', prefixLength: 24 } }),
        'gateway is immutable',
      ],
      [
        '24: prefixLength',
        (spec) => ({ ...spec, subnetInfo: { gateway: '192.168.0.1', prefixLength: 25 } }),
        'prefixLength is immutable',
      ],
      ['24: gateway, in the other shape', () => oldPool(['192.168.0.0/26', '192.168.0.2']), 'gateway is immutable'],
      [
        '24: prefixLength, in the other shape',
        () => oldPool(['192.168.0.0/26', '192.168.0.1', { prefixLength: 25 }]),
        'prefixLength is immutable',
      ],
    ])('denies row %s', async (_row, to, message) => {
      const answer = await change(to);
      expect(answer.status).toBe(422);
      expect(answer.message).toContain(message);
    });

    it('denies another VLAN while addresses are held', async () => {
      const answer = await change(onAnotherVLAN, { usage: { used: 1, total: 61 } });
      expect(answer.message).toContain('vlan 0 cannot be changed while addresses are held');
    });

    it('denies a pool to lose its finalizer, and allows it other ones', async () => {
      const { path } = await makePool(cluster.admin, base);
      const set = (finalizers: readonly string[]): Promise<Answer> =>
        cluster.admin.patch(path, { metadata: { finalizers } });
      expect((await set([finalizer])).status).toBe(200);
      expect((await set([])).message).toContain(`the finalizer ${finalizer} cannot be removed`);
      expect((await set(['example.com/mine'])).message).toContain('cannot be removed');
      expect((await set([finalizer, 'example.com/mine'])).status).toBe(200);
    });
  });

  describe('deleted', () => {
    it('23: denies it while addresses are held, as far as the status tells', async () => {
      const path = await heldPool(cluster.admin);
      accepted(await cluster.admin.patch(`${path}/status`, { status: { usage: { used: 1, total: 61 } } }));
      expect((await cluster.admin.remove(path)).message).toContain(
        'IPPool in use cannot be deleted: 1 of its addresses',
      );
    });

    it('23: holds it until the controller takes the finalizer off, whatever the status tells', async () => {
      const path = await heldPool(cluster.admin);
      expect(await cluster.admin.remove(path)).toMatchObject({ status: 200 });
      expect(metadataOf((await cluster.admin.get(path)).body, 'deletionTimestamp')).not.toBe('');
      expect((await cluster.admin.patch(path, { metadata: { finalizers: [] } })).status).toBe(200);
      expect((await cluster.admin.get(path)).status).toBe(404);
    });

    it('denies it while nobody holds it', async () => {
      expect((await cluster.admin.remove((await makePool(cluster.admin, base)).path)).message).toContain(
        'try again when the controller has set it',
      );
    });
  });
});

function withRanges(...texts: readonly string[]) {
  return (spec: object): object => ({ ...spec, ipRanges: ranges(texts) });
}

function onAnotherVLAN(spec: object): object {
  return { ...spec, subnetInfo: { gateway: '192.168.0.1', prefixLength: 24, vlan: 7 } };
}

/** With the finalizer, as the controller puts it; the pool's path. */
async function heldPool(admin: Api): Promise<string> {
  const { path } = await makePool(admin, base);
  accepted(await admin.patch(path, { metadata: { finalizers: [finalizer] } }));
  return path;
}

import fs from 'node:fs';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { releaseAll, releaseFound, releaseHeld } from '../../../src/ipam/release.ts';
import { Failure, messageOf } from '../../../src/system/failure.ts';
import { address, manifest, owner, texts } from '../sample.ts';
import { collect, next } from '../store-conformance.ts';
import { openTemporary, tree } from './temporary.ts';
import type { TemporaryStore } from './temporary.ts';

let temporary: TemporaryStore;

beforeEach(() => {
  temporary = openTemporary();
});

afterEach(() => temporary.close());

async function apply(object: unknown, force = false): Promise<string> {
  return temporary.admin.applyPool(object, { force }).catch(messageOf);
}

describe('ippool apply in the file store', () => {
  it('is for root only, on disk', async () => {
    await apply(manifest({ ranges: ['192.168.0.0/24'] }));
    await next(temporary.store, 'sample');
    const modes = tree(temporary.dataDir).map(
      (path) =>
        (fs.statSync(`${temporary.dataDir}/${path}`).mode & 0o777).toString(8) + (path.endsWith('/') ? '/' : ''),
    );
    expect(new Set(modes)).toStrictEqual(new Set(['600', '700/']));
  });

  it('refuses a pool that overlaps with another one of its VLAN, except by force', async () => {
    await apply(manifest({ name: 'a', ranges: ['192.168.0.10-192.168.0.20'] }));
    const b = manifest({ name: 'b', ranges: ['192.168.0.20-192.168.0.30'] });
    expect(await apply(b)).toContain('pool b overlaps with pool a on VLAN 0');
    expect(await apply(manifest({ name: 'c', ranges: ['192.168.0.20-192.168.0.30'], vlan: 9 }))).toBe('created');
    expect(await apply(b, true)).toBe('created');
  });

  it('refuses a namespaceSelector: there are no Namespaces', async () => {
    const pool = manifest({ ranges: [] });
    const selecting = {
      ...pool,
      spec: { ipRanges: [], subnetInfo: { gateway: '10.0.0.1', prefixLength: 24 }, namespaceSelector: {} },
    };
    expect(await apply(selecting)).toContain('the file store knows no Namespaces');
  });

  it('refuses keys that mean nothing, and labels that are no text', async () => {
    expect(await apply({ ...manifest({ ranges: [] }), sepc: 1 })).toContain('"sepc" is not a known key');
    expect(await apply({ ...manifest({ ranges: [] }), metadata: { name: 'a', labels: { x: {} } } })).toContain(
      'metadata.labels.x is an object: expected a string',
    );
    expect(await apply('x')).toContain('the manifest is "x"');
  });

  it('keeps labels and annotations, and counts no generation for them', async () => {
    const labelled = {
      ...manifest({ ranges: [] }),
      metadata: { name: 'sample', labels: { a: 'b' } },
      status: { usage: {} },
    };
    expect([await apply(manifest({ ranges: [] })), await apply(labelled), await apply(labelled)]).toStrictEqual([
      'created',
      'configured',
      'unchanged',
    ]);
    expect(await temporary.admin.getPool('sample')).toMatchObject({ metadata: { generation: 1, labels: { a: 'b' } } });
  });

  it('finds a manifest unchanged whose keys have another order', async () => {
    const { spec, ...rest } = manifest({ ranges: ['192.168.0.0/24'] });
    expect([await apply({ spec, ...rest }), await apply({ ...rest, spec })]).toStrictEqual(['created', 'unchanged']);
  });

  it('takes a changed VLAN only while no address is held', async () => {
    await apply(manifest({ ranges: ['192.168.0.0/24'] }));
    expect(await apply(manifest({ ranges: ['192.168.0.0/24'], vlan: 5 }))).toBe('configured');
    await next(temporary.store, 'sample');
    expect(await apply(manifest({ ranges: ['192.168.0.0/24'], vlan: 6 }))).toContain(
      'vlan of pool sample would change from 5 to 6',
    );
  });
});

describe('a pool that is being deleted', () => {
  it('stays when somebody allocates between the first look and the mark', async () => {
    await apply(manifest({ ranges: ['192.168.0.0/24'] }));
    const pool = await temporary.store.readPool('sample');
    const rename = fs.renameSync;
    const spy = vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      if (String(to).endsWith('/pools/sample.json')) {
        spy.mockRestore();
        // It is done when it returns: everything in there is synchronous.
        void temporary.reopen().create(pool, address('192.168.0.2'), owner('a'));
      }
      rename(from, to);
    });
    await expect(temporary.admin.deletePool('sample')).rejects.toMatchObject({ kind: 'refused' });
    expect(await temporary.store.get('sample', address('192.168.0.2'))).toBeDefined();
    expect(await temporary.store.readPool('sample')).toStrictEqual(pool);
  });
});

describe('an address whose release died half-way', () => {
  it('is not counted as held, and stands in no way of a change that needs a pool without holders', async () => {
    await apply(manifest({ ranges: ['192.168.0.0/24'] }));
    await next(temporary.store, 'sample', 'a');
    fs.mkdirSync(`${temporary.dataDir}/allocations/sample/c0a800/03`);
    expect(await temporary.admin.getPool('sample')).toMatchObject({ status: { usage: { used: 1 } } });
    await releaseFound({ store: temporary.store, filter: {} });
    fs.mkdirSync(`${temporary.dataDir}/allocations/sample/c0a800/03`, { recursive: true });
    expect(await apply(manifest({ ranges: ['192.168.0.0/24'], vlan: 6 }))).toBe('configured');
  });
});

describe('a pool whose deletion was interrupted', () => {
  beforeEach(async () => {
    await apply(manifest({ ranges: ['192.168.0.0/24'] }));
    await next(temporary.store, 'sample', 'a');
    const path = `${temporary.dataDir}/pools/sample.json`;
    fs.writeFileSync(
      path,
      fs.readFileSync(path, 'utf8').replace('"manifest"', '"deletionTimestamp": "2026-01-01T00:00:00Z", "manifest"'),
    );
  });

  it('gives no addresses, and cannot be applied', async () => {
    await expect(temporary.store.readPool('sample')).rejects.toThrow('pool sample is being deleted');
    expect(await apply(manifest({ ranges: ['192.168.0.0/24'] }))).toContain('is being deleted: expected it to be gone');
  });

  it('is as before when it is deleted again while an address is held', async () => {
    await expect(temporary.admin.deletePool('sample')).rejects.toThrow(
      '1 of its addresses are held, such as 192.168.0.2 of pool sample, held by default/pod-a',
    );
    expect(await next(temporary.store, 'sample')).toBe('192.168.0.3');
  });

  it('goes when nothing is held', async () => {
    await releaseFound({ store: temporary.store, filter: {} });
    await temporary.admin.deletePool('sample');
    expect(tree(temporary.dataDir)).toStrictEqual(['allocations/', 'pools/', 'tmp/']);
  });
});

describe('files that are not as this store writes them', () => {
  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"version":1}',
    '{"version":1,"poolUID":"x","owner":{"network":"x","pod":{"name":1}}}',
    '{"version":2}',
  ])('as %j are named, and nothing else suffers', async (text) => {
    await damage(text);
    const { store } = temporary;
    expect(await refusal(store.get('sample', address('192.168.0.2')))).toMatch(
      /^io: .*\/allocations\/sample\/c0a800\/02\//,
    );
    expect(await next(store, 'sample')).toBe('192.168.0.4');
    await expect(releaseFound({ store, filter: {} })).rejects.toMatchObject({ kind: 'io' });
    const rest = await store.get('sample', address('192.168.0.3'));
    expect(rest).toBeUndefined();
  });

  it('say when a newer program wrote them', async () => {
    await damage('{"version":2}');
    await expect(temporary.store.get('sample', address('192.168.0.2'))).rejects.toThrow(
      'version is 2: this program reads 1',
    );
  });

  it.each(['', '{"version":9}', '[]', '{"version":1,"uid":1}'])('as a pool %j are named', async (text) => {
    await apply(manifest({ ranges: [] }));
    fs.writeFileSync(`${temporary.dataDir}/pools/sample.json`, text);
    expect(await refusal(temporary.store.readPool('sample'))).toMatch(/^io: .*\/pools\/sample\.json cannot be read/);
    await expect(temporary.admin.listPools()).rejects.toMatchObject({ kind: 'io' });
  });

  it('as a pool that was whole when its address was asked for leave the address free', async () => {
    await apply(manifest({ ranges: ['192.168.0.0/24'] }));
    const { store } = temporary;
    const pool = await store.readPool('sample');
    fs.writeFileSync(`${temporary.dataDir}/pools/sample.json`, '');
    await expect(store.create(pool, address('192.168.0.2'), owner('a'))).rejects.toMatchObject({ kind: 'io' });
    expect(await store.get('sample', address('192.168.0.2'))).toBeUndefined();
  });

  it('as a valid envelope of a pool that is not valid are told apart', async () => {
    await apply(manifest({ ranges: [] }));
    const path = `${temporary.dataDir}/pools/sample.json`;
    fs.writeFileSync(path, fs.readFileSync(path, 'utf8').replace('192.168.0.1', 'nowhere'));
    await expect(temporary.store.readPool('sample')).rejects.toMatchObject({ kind: 'ipam' });
  });

  it('as a directory that cannot be written are an error that names it', async () => {
    fs.writeFileSync(`${temporary.dataDir}/tmp`, 'a file');
    expect(await refusal(temporary.admin.applyPool(manifest({ ranges: [] }), { force: false }))).toMatch(
      /^io: \/.*\/ipam-test-/,
    );
  });
});

describe('releasing', () => {
  it('goes on after a problem, and tells it at the end', async () => {
    await apply(manifest({ ranges: ['192.168.0.0/24'] }));
    const { store } = temporary;
    for (let index = 0; index < 3; index += 1) await next(store, 'sample', 'a');
    const path = tree(temporary.dataDir).find(
      (one) => one.startsWith('allocations/sample/c0a800/02/') && one.endsWith('.json'),
    );
    fs.writeFileSync(`${temporary.dataDir}/${path}`, '');
    const held = ['192.168.0.2', '192.168.0.3', '192.168.0.4', '192.168.0.5'].map((text) => ({
      pool: 'sample',
      address: address(text),
    }));
    await expect(releaseHeld({ store, owner: owner('a'), held })).rejects.toThrow(
      '192.168.0.2 of pool sample could not be released',
    );
    expect(await store.get('sample', address('192.168.0.3'))).toBeUndefined();
    expect(await store.get('sample', address('192.168.0.4'))).toBeUndefined();
  });

  it('leaves what is another interface’s or network’s', async () => {
    await apply(manifest({ ranges: ['192.168.0.0/24'] }));
    const { store } = temporary;
    await next(store, 'sample', 'a');
    const held = [{ pool: 'sample', address: address('192.168.0.2') }];
    for (const other of [owner('b'), owner('a', 'net2'), owner('a', 'net1', 'other')])
      expect(await releaseHeld({ store, owner: other, held })).toStrictEqual([]);
    expect(texts((await releaseHeld({ store, owner: owner('a'), held })).map((one) => one.address))).toStrictEqual([
      '192.168.0.2',
    ]);
  });

  it('of what was found takes only what is called garbage', async () => {
    await apply(manifest({ ranges: ['192.168.0.0/24'] }));
    const { store } = temporary;
    for (const name of ['a', 'b', 'c']) await next(store, 'sample', name);
    await releaseFound({
      store,
      filter: { network: 'vlan100' },
      pools: ['sample'],
      isGarbage: (one) => one.owner.pod.containerID === 'b',
    });
    const left = await collect(store.find({}));
    expect(new Set(left.map((one) => one.owner.pod.containerID))).toStrictEqual(new Set(['a', 'c']));
    expect(await releaseAll(store, left)).toHaveLength(2);
  });
});

async function damage(text: string): Promise<void> {
  await apply(manifest({ ranges: ['192.168.0.0/24'] }));
  await next(temporary.store, 'sample', 'a');
  await next(temporary.store, 'sample', 'b');
  const path = tree(temporary.dataDir).find(
    (one) => one.startsWith('allocations/sample/c0a800/02/') && one.endsWith('.json'),
  );
  fs.writeFileSync(`${temporary.dataDir}/${path}`, text);
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error: unknown = await attempt.catch((thrown: unknown) => thrown);
  return error instanceof Failure ? `${error.kind}: ${error.message}` : `no Failure: ${messageOf(error)}`;
}

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPool } from '../../src/ipam/pool.ts';
import { validatePoolUpdate } from '../../src/ipam/pool-change.ts';
import type { Cluster } from './cluster.ts';
import { startDeployedCluster } from './deployed.ts';
import { metadataOf } from './objects.ts';
import { createPool, makePool, oldPool, pool, poolOf, poolPath } from './pools.ts';
import { findClusterTools } from './tools.ts';

const tools = await findClusterTools();

/** Few enough that ranges often touch, overlap, or leave the subnet; some at the borders of digits, octets and groups. */
const addresses = {
  4: fc.integer({ min: 0, max: 40 }).map((n) => (n > 32 ? `192.168.${n - 30}.0` : `192.168.1.${n * 8}`)),
  6: fc
    .tuple(fc.constantFrom('fd00::', 'fd00::9:', 'fd00::10:', 'fd00:0:0:1::', 'fd00::ffff:'), fc.nat({ max: 20 }))
    .map(([prefix, n]) => `${prefix}${(n * 8).toString(16)}`),
};
const lengths = { 4: fc.integer({ min: 23, max: 32 }), 6: fc.integer({ min: 110, max: 128 }) };

interface Parts {
  readonly family: 4 | 6;
  readonly texts: readonly string[];
  readonly excludes: readonly string[];
  readonly vlan: number;
  /** Of the ranges after the first one, in the old shape. */
  readonly laterVLAN: number;
  readonly old: boolean;
}

const parts: fc.Arbitrary<Parts> = fc.constantFrom<4 | 6>(4, 6).chain((family) =>
  fc.record({
    family: fc.constant(family),
    texts: fc.array(textsOf(family), { minLength: 1, maxLength: 4 }),
    excludes: fc.array(fc.oneof(textsOf(family), addresses[4], addresses[6]).chain(withBlanks), { maxLength: 1 }),
    vlan: fc.constantFrom(0, 5),
    laterVLAN: fc.constantFrom(0, 5),
    old: fc.boolean(),
  }),
);

/** Ranges more, or other ones, in another order, perhaps in the other shape. */
const changes = parts.chain((from) =>
  fc.record({
    from: fc.constant(from),
    to: fc
      .tuple(fc.array(textsOf(from.family), { maxLength: 2 }), fc.boolean())
      .chain(([more, keep]) =>
        fc.shuffledSubarray([...from.texts, ...more], keep ? { minLength: from.texts.length + more.length } : {}),
      )
      .chain((texts) => fc.record({ texts: fc.constant(texts), old: fc.boolean() }))
      .map((change) => ({ ...from, ...change })),
  }),
);

function textsOf(family: 4 | 6): fc.Arbitrary<string> {
  const span = fc.tuple(addresses[family], addresses[family]).map(([start, end]) => `${start}-${end}`);
  const cidr = fc.tuple(addresses[family], lengths[family]).map(([address, length]) => `${address}/${length}`);
  return fc.oneof(span, cidr);
}

function withBlanks(text: string): fc.Arbitrary<string> {
  return fc.constantFrom(text, text.replace('/', ' /'), text.replace('-', ' - '), ` ${text} `);
}

function specOf({ family, texts, excludes, vlan, laterVLAN, old }: Parts): object {
  const gateway = family === 4 ? '192.168.1.1' : 'fd00::1';
  const prefixLength = family === 4 ? 24 : 64;
  if (!old) return pool({ ranges: texts, gateway, prefixLength, vlan, excludes });
  const ranges = texts.map((text, at) => [text, gateway, { prefixLength, vlan: at > 0 ? laterVLAN : vlan }] as const);
  return { ...oldPool(...ranges), excludes };
}

/** The embedded store checks pools by code of ours, the API server by CEL: they are to say the same. */
describe.skipIf(tools.dir === undefined)('a pool is good for the API server as it is for the embedded store', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startDeployedCluster();
  });
  afterAll(() => cluster.stop());

  it('when it is created', async () => {
    const seen = { good: 0, bad: 0 };
    const agree = fc.asyncProperty(parts, async (some) => {
      const spec = specOf(some);
      const good = succeeds(() => readPool(poolOf(spec)));
      seen[good ? 'good' : 'bad'] += 1;
      const answer = await createPool(cluster.admin, spec);
      expect({ status: answer.status, message: good ? answer.message : '' }).toStrictEqual({
        status: good ? 201 : 422,
        message: '',
      });
    });
    await fc.assert(agree, { numRuns: 400 });
    expect(Math.min(seen.good, seen.bad)).toBeGreaterThan(20);
  });

  it('when it is changed', async () => {
    const seen = { good: 0, bad: 0 };
    const valid = changes.filter(({ from }) => succeeds(() => readPool(poolOf(specOf(from)))));
    const agree = fc.asyncProperty(valid, async (change) => {
      const [from, to] = [specOf(change.from), specOf(change.to)];
      const { object } = await makePool(cluster.admin, from);
      const name = metadataOf(object, 'name');
      const good = succeeds(() =>
        validatePoolUpdate({ from: readPool(poolOf(from)), to: readPool(poolOf(to)), inUse: false }),
      );
      seen[good ? 'good' : 'bad'] += 1;
      const answer = await cluster.admin.put(`${poolPath('v1beta1')}/${name}`, { ...object, spec: to });
      expect({ status: answer.status, message: good ? answer.message : '' }).toStrictEqual({
        status: good ? 200 : 422,
        message: '',
      });
    });
    await fc.assert(agree, { numRuns: 200 });
    expect(Math.min(seen.good, seen.bad)).toBeGreaterThan(10);
  });
});

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

import { describe, expect, it } from 'vitest';
import { judgePools } from '../../src/cli/check/pools.ts';
import type { PoolObject } from '../../src/ipam/pool-admin.ts';

function pool(name: string, total: number): PoolObject {
  const status = { usage: { used: 0, total } };
  return { apiVersion: 'crd.antrea.io/v1beta1', kind: 'IPPool', metadata: { name }, spec: {}, status };
}

describe('antrea check of pools', () => {
  it('says of one that has no address, because of its spec for instance, that it has none', () => {
    expect(judgePools([pool('a', 0)]).at(-1)).toStrictEqual({
      state: 'warn',
      name: 'pool a',
      message: 'has no address to give',
      advice: 'why: antrea explain pool/a',
    });
  });

  it('names as many as fit on a line', () => {
    const many = Array.from({ length: 11 }, (_, index) => pool(`p${index}`, 1));
    expect(judgePools(many)).toMatchObject([{ message: '11: p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, …' }]);
  });
});

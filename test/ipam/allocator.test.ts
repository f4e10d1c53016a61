import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { allocate } from '../../src/ipam/allocator.ts';
import type { AllocateResult } from '../../src/ipam/allocator.ts';
import { Leftover } from '../../src/ipam/leftover.ts';
import type { AllocateRequest } from '../../src/ipam/request.ts';
import type { Store } from '../../src/ipam/store.ts';
import { formatAddress } from '../../src/ipam/address.ts';
import { Failure } from '../../src/system/failure.ts';
import { openTemporary } from './file/temporary.ts';
import type { TemporaryStore } from './file/temporary.ts';
import { address, manifest, owner, texts } from './sample.ts';
import { collect } from './store-conformance.ts';

let temporary: TemporaryStore;

beforeEach(async () => {
  temporary = openTemporary();
  const pools = [
    { name: 'four', ranges: ['10.123.1.0/24'], gateway: '10.123.1.254' },
    { name: 'four-tiny', ranges: ['10.124.1.10-10.124.1.11'], gateway: '10.124.1.1' },
    {
      name: 'six',
      ranges: ['3ffe:ffff:1:1ff::101-3ffe:ffff:1:1ff::200'],
      gateway: '3ffe:ffff:1:1ff::1',
      prefixLength: 64,
    },
    { name: 'vlan100', ranges: ['10.100.0.0/24'], gateway: '10.100.0.1', vlan: 100, excludes: ['10.100.0.66'] },
    { name: 'vlan200', ranges: ['10.200.0.0/24'], gateway: '10.200.0.1', vlan: 200 },
  ];
  for (const pool of pools) await temporary.admin.applyPool(manifest(pool), { force: false });
});

afterEach(() => temporary.close());

type Ask = Partial<Omit<AllocateRequest, 'owner' | 'requested'>> & {
  container?: string;
  ifName?: string;
  requested?: string[];
};

async function ask({ container = 'a', ifName = 'net1', requested = [], ...request }: Ask): Promise<AllocateResult> {
  return allocate({
    store: temporary.store,
    pools: [],
    addresses: [],
    known: [],
    ...request,
    owner: owner(container, ifName),
    requested: requested.map((text) => ({ address: address(text) })),
  });
}

function given({ ips }: AllocateResult): string[] {
  return ips.map(
    (ip) =>
      `${formatAddress(ip.address)}/${ip.prefixLength}${ip.gateway === undefined ? '' : ` via ${formatAddress(ip.gateway)}`}`,
  );
}

async function held(): Promise<string[]> {
  return texts((await collect(temporary.store.find({}))).map((one) => one.address)).toSorted((a, b) =>
    a < b ? -1 : 1,
  );
}

async function failure(attempt: Promise<unknown>): Promise<Failure> {
  const error: unknown = await attempt.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw error;
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const { kind, message } = await failure(attempt);
  return `${kind}: ${message}`;
}

async function fill(pool: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await ask({ container: `filler${index}`, pools: [pool] });
}

function noSpace(): never {
  throw new Failure('io', 'no space');
}

describe('an attachment', () => {
  it('row 75: with neither pools nor addresses is refused', async () => {
    expect(await refusal(ask({}))).toMatch(/^config: .*ipam\.ippools and ipam\.addresses are both empty/);
  });

  it('row 76: with static addresses only needs no store', async () => {
    const unreachable = new Proxy<Store>(temporary.store, {
      get: () => () => {
        throw new Error('the store was asked');
      },
    });
    const addresses = [
      { address: address('192.168.1.1'), prefixLength: 24 },
      { address: address('fd00::1'), prefixLength: 64, gateway: address('fd00::ffff') },
    ];
    const result = await ask({ store: unreachable, addresses });
    expect(given(result)).toStrictEqual(['192.168.1.1/24', 'fd00::1/64 via fd00::ffff']);
    expect(result.vlan).toBeUndefined();
  });

  it.each([
    [['four'], ['10.123.1.1/24 via 10.123.1.254']],
    [['six'], ['3ffe:ffff:1:1ff::101/64 via 3ffe:ffff:1:1ff::1']],
    [
      ['six', 'four'],
      ['3ffe:ffff:1:1ff::101/64 via 3ffe:ffff:1:1ff::1', '10.123.1.1/24 via 10.123.1.254'],
    ],
    [
      ['four-tiny', 'four'],
      ['10.124.1.10/24 via 10.124.1.1', '10.123.1.1/24 via 10.123.1.254'],
    ],
  ])('row 78: gets an address of each of %j', async (pools, expected) => {
    expect(given(await ask({ pools }))).toStrictEqual(expected);
  });

  it('row 79: gives everything back when a family is exhausted', async () => {
    await fill('four-tiny', 2);
    const before = await held();
    const error = await failure(ask({ pools: ['six', 'four-tiny'] }));
    expect(error.kind).toBe('ipam');
    expect(error.message).toContain('no IPv4 address is free: exhausted pool four-tiny (all 2 addresses are held)');
    expect(await held()).toStrictEqual(before);
  });

  it('does without an exhausted pool where another of its family serves, in either order', async () => {
    await fill('four-tiny', 2);
    expect(given(await ask({ pools: ['four-tiny', 'four'] }))).toStrictEqual(['10.123.1.1/24 via 10.123.1.254']);
    expect(given(await ask({ container: 'b', pools: ['four', 'four-tiny'] }))).toStrictEqual([
      '10.123.1.2/24 via 10.123.1.254',
    ]);
  });

  it('row 80: with pools of two VLANs is refused before anything is allocated', async () => {
    let intents = 0;
    const error = await failure(
      ask({
        pools: ['vlan100', 'vlan200'],
        onIntent: () => {
          intents += 1;
        },
      }),
    );
    expect(`${error.kind}: ${error.message}`).toMatch(
      /^config: .*pool vlan100 of VLAN 100 and pool vlan200 of VLAN 200/,
    );
    expect([intents, await held()]).toStrictEqual([0, []]);
  });

  it.each([
    [['four'], 0],
    [['four', 'vlan100'], 100],
    [['vlan200', 'six'], 200],
  ])('of pools %j has VLAN %i', async (pools, vlan) => {
    expect((await ask({ pools })).vlan).toBe(vlan);
  });

  it('that another plugin makes may have pools of two VLANs, and has none itself', async () => {
    const { vlan, ips } = await ask({ pools: ['vlan100', 'vlan200'], vlanMatters: false });
    expect(vlan).toBeUndefined();
    expect(ips).toHaveLength(2);
  });

  it('that fails, and cannot give everything back, says that something is left, and why', async () => {
    await fill('four-tiny', 2);
    const store: Store = {
      ...temporary.store,
      release: async () => {
        throw new Failure('io', 'the disk is gone');
      },
    };
    const error = await failure(ask({ container: 'b', store, pools: ['four-tiny', 'six'] }));
    expect(error).toBeInstanceOf(Leftover);
    expect(`${error.kind}: ${error.message}`).toMatch(/^ipam: .*exhausted pool four-tiny/);
    expect(error.details).toContain('the disk is gone');
    expect(await held()).toHaveLength(3);
  });

  it('rows 81 and 82: is like the published example, and the same when it is asked for again', async () => {
    const addresses = [
      { address: address('172.16.1.10'), prefixLength: 24, gateway: address('172.16.1.1') },
      { address: address('3ffe:ffff:2::a'), prefixLength: 64 },
    ];
    const pools = ['four', 'six'];
    const first = await ask({ pools, addresses });
    expect(given(first)).toStrictEqual([
      '10.123.1.1/24 via 10.123.1.254',
      '3ffe:ffff:1:1ff::101/64 via 3ffe:ffff:1:1ff::1',
      '172.16.1.10/24 via 172.16.1.1',
      '3ffe:ffff:2::a/64',
    ]);
    const again = await ask({ pools, addresses, known: first.allocations });
    expect(given(again)).toStrictEqual(given(first));
    expect(again.created).toStrictEqual([]);
    const second = await ask({ ifName: 'net2', pools: ['four'] });
    expect(given(second)).toStrictEqual(['10.123.1.2/24 via 10.123.1.254']);
    for (const allocation of second.created) await temporary.store.release(allocation);
    expect(given(await ask({ ifName: 'net3', pools: ['four'] }))).toStrictEqual(['10.123.1.2/24 via 10.123.1.254']);
  });

  it('does not believe a journal that names the address of somebody else', async () => {
    const other = await ask({ container: 'other', pools: ['four'] });
    expect(given(await ask({ pools: ['four'], known: other.allocations }))).toStrictEqual([
      '10.123.1.2/24 via 10.123.1.254',
    ]);
    expect(
      given(await ask({ container: 'other', ifName: 'net2', pools: ['four'], known: other.allocations })),
    ).toStrictEqual(['10.123.1.3/24 via 10.123.1.254']);
  });

  it('with a missing pool, or a pool twice, is refused', async () => {
    expect(await refusal(ask({ pools: ['four', 'none'] }))).toMatch(/^ipam: .*pool none does not exist/);
    expect(await refusal(ask({ pools: ['../x'] }))).toMatch(/^config: pool is "\.\.\/x"/);
    expect(await refusal(ask({ pools: ['four', 'four'] }))).toMatch(/^config: .*lists pool four twice/);
    expect(await refusal(ask({ pools: Array.from({ length: 17 }, (_, index) => `p${index}`) }))).toMatch(
      /^config: .*17 elements: at most 16/,
    );
    expect(await held()).toStrictEqual([]);
  });

  it('announces its pools once, before it holds anything, and not when it needs nothing', async () => {
    const seen: unknown[] = [];
    const onIntent = async (pools: readonly string[]): Promise<void> => {
      seen.push([pools, await held()]);
    };
    const first = await ask({ pools: ['four', 'six'], onIntent });
    await ask({ pools: ['four', 'six'], onIntent, known: first.allocations });
    expect(seen).toStrictEqual([[['four', 'six'], []]]);
  });

  it('that cannot be announced allocates nothing', async () => {
    expect((await failure(ask({ pools: ['four'], onIntent: noSpace }))).message).toBe('no space');
    expect(await held()).toStrictEqual([]);
  });
});

describe('a requested address', () => {
  it('is taken in place of the next free one', async () => {
    expect(given(await ask({ pools: ['six', 'four'], requested: ['10.123.1.77'] }))).toStrictEqual([
      '3ffe:ffff:1:1ff::101/64 via 3ffe:ffff:1:1ff::1',
      '10.123.1.77/24 via 10.123.1.254',
    ]);
  });

  it('corrected (§9.12): may be asked for again by the same owner, who keeps it', async () => {
    await ask({ pools: ['four'], requested: ['10.123.1.77'] });
    const again = await ask({ pools: ['four'], requested: ['10.123.1.77'] });
    expect([given(again), again.created]).toStrictEqual([['10.123.1.77/24 via 10.123.1.254'], []]);
  });

  it('that somebody else holds is refused, with their name, and nothing is kept', async () => {
    await ask({ container: 'other', pools: ['four'], requested: ['10.123.1.77'] });
    const error = await failure(ask({ pools: ['six', 'four'], requested: ['10.123.1.77'] }));
    expect(error.kind).toBe('ipam');
    expect(error.message).toContain(
      '10.123.1.77 of pool four, held by default/pod-other (interface net1 of container other',
    );
    expect(await held()).toStrictEqual(['10.123.1.77']);
  });

  it.each([
    ['10.123.2.77', 'lies in no range of the listed pools (four, vlan100)'],
    ['10.124.1.10', 'lies in no range of the listed pools'],
    ['::1', 'lies in no range of the listed pools'],
    ['10.123.1.254', 'is reserved: it is the gateway of the pool'],
    ['10.123.1.0', 'is reserved: it is the network address of 10.123.1.0/24'],
    ['10.123.1.255', 'is reserved: it is the broadcast address'],
    ['10.100.0.66', 'is reserved: spec.excludes[0] names 10.100.0.66'],
  ])('row 29 and 37: %s %s', async (text, says) => {
    const error = await failure(ask({ pools: ['four', 'vlan100'], requested: [text] }));
    expect([error.kind, error.message]).toStrictEqual(['ipam', expect.stringContaining(says)]);
    expect(await held()).toStrictEqual([]);
  });

  it('with another prefix length than its pool is refused', async () => {
    const request = { store: temporary.store, owner: owner('a'), pools: ['four'], addresses: [], known: [] };
    const wish = (prefixLength: number): Promise<AllocateResult> =>
      allocate({ ...request, requested: [{ address: address('10.123.1.5'), prefixLength }] });
    expect((await failure(wish(16))).message).toContain('has the prefix length 16, and pool four has 24');
    expect(given(await wish(24))).toStrictEqual(['10.123.1.5/24 via 10.123.1.254']);
  });

  it('row 29: is skipped by those who take the next one', async () => {
    await ask({ container: 'r', pools: ['four-tiny'], requested: ['10.124.1.10'] });
    expect(given(await ask({ pools: ['four-tiny'] }))).toStrictEqual(['10.124.1.11/24 via 10.124.1.1']);
  });
});

describe('a static address in a listed pool', () => {
  const addresses = [{ address: address('10.124.1.10'), prefixLength: 16 }];

  it('is claimed there, and the pool gives another one besides', async () => {
    const result = await ask({ pools: ['four-tiny'], addresses });
    expect(given(result)).toStrictEqual(['10.124.1.11/24 via 10.124.1.1', '10.124.1.10/16']);
    expect(await held()).toStrictEqual(['10.124.1.10', '10.124.1.11']);
    const again = await ask({ pools: ['four-tiny'], addresses, known: result.allocations.toReversed() });
    expect(given(again)).toStrictEqual(given(result));
  });

  it('is not given to a second owner', async () => {
    await ask({ pools: ['four-tiny', 'four'], addresses });
    const error = await failure(ask({ container: 'b', pools: ['four-tiny', 'four'], addresses }));
    expect(error.message).toContain('held by default/pod-a');
    expect(await held()).toHaveLength(3);
  });

  it('does not make up for an exhausted pool', async () => {
    await fill('four-tiny', 1);
    const taken = [{ address: address('10.124.1.11'), prefixLength: 24 }];
    expect((await failure(ask({ pools: ['four-tiny'], addresses: taken }))).message).toContain(
      'exhausted pool four-tiny',
    );
    expect(await held()).toStrictEqual(['10.124.1.10']);
  });

  it('that is the gateway of the pool is refused', async () => {
    const gateway = [{ address: address('10.123.1.254'), prefixLength: 24 }];
    expect((await failure(ask({ pools: ['four'], addresses: gateway }))).message).toContain(
      'is reserved: it is the gateway',
    );
  });

  it('asked for twice, or of an impossible shape, is refused', async () => {
    expect(await refusal(ask({ addresses: [...addresses, ...addresses] }))).toMatch(
      /^config: .*10\.124\.1\.10 is asked for twice/,
    );
    expect(await failure(ask({ addresses: [{ address: address('10.0.0.1'), prefixLength: 33 }] }))).toMatchObject({
      kind: 'config',
    });
    expect(
      await failure(ask({ addresses: [{ address: address('10.0.0.1'), prefixLength: 24, gateway: address('::1') }] })),
    ).toMatchObject({ kind: 'config' });
  });
});

// Rows 77 and 83 to 85 are about the agent's readiness, dispatch, and the VLAN of the conf: tests of the plugin. Row 86 asks for no IPAM at all.

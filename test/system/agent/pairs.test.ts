import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { createPairMaker, type PairMaker, type WantedPairs } from '../../../src/agent/pairs.ts';
import { createResources } from '../../fixture/resources.ts';
import { parseJson } from '../../fixture/json.ts';
import { uniqueName } from '../../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

interface Place {
  readonly maker: PairMaker;
  readonly wanted: (...numbers: readonly number[]) => WantedPairs;
  readonly host: (...args: readonly string[]) => string;
  readonly pod: (...args: readonly string[]) => string;
}

/** Two network namespaces of its own: that of a host, and that of a Pod. */
function place(): Place {
  const [host, pod] = [addNetns(), addNetns()];
  const maker = createPairMaker({ within: ['ip', 'netns', 'exec', host] });
  resources.defer(maker.close);
  return {
    maker,
    wanted: (...numbers) => wantedOf(pod, numbers),
    host: (...args) => ip(host, args),
    pod: (...args) => ip(pod, args),
  };
}

function ip(netns: string, args: readonly string[]): string {
  return execFileSync('ip', ['-n', netns, ...args], { encoding: 'utf8' });
}

function addNetns(): string {
  const netns = uniqueName('pairs-');
  execFileSync('ip', ['netns', 'add', netns]);
  resources.defer(() => void execFileSync('ip', ['netns', 'delete', netns]));
  return netns;
}

function wantedOf(pod: string, numbers: readonly number[]): WantedPairs {
  const path = `/run/netns/${pod}`;
  const { dev, ino } = statSync(path);
  const pairs = numbers.map((n) => ({
    host: { name: `av${n}`, mac: mac(1, n), alias: `shop/web-${n}/net1` },
    link: { name: `net${n}`, mac: mac(2, n), mtu: 1400 },
  }));
  return { path, netns: `${dev}:${ino}`, pairs, isWanted: () => true };
}

const mac = (end: number, n: number): string => `02:00:00:00:0${end}:${String(n).padStart(2, '0')}`;

it('makes pairs between the host and a Pod, many at once with one program', async () => {
  const { maker, wanted, host, pod } = place();
  await Promise.all(Array.from({ length: 10 }, (_, n) => maker.make(wanted(2 * n, 2 * n + 1))));
  const [here, there] = [host, pod].map((inside) => parseJson(inside('-d', '-json', 'link')));
  for (let n = 0; n < 20; n++) {
    const wantedHere = { ifname: `av${n}`, address: mac(1, n), mtu: 1400, ifalias: `shop/web-${n}/net1` };
    expect(here).toContainEqual(expect.objectContaining({ ...wantedHere, inet6_addr_gen_mode: 'none' }));
    const wantedThere = { ifname: `net${n}`, address: mac(2, n), mtu: 1400, operstate: 'DOWN' };
    expect(there).toContainEqual(expect.objectContaining(wantedThere));
  }
  expect(host('link', 'show', 'up', 'type', 'veth').match(/av\d+@/gu)).toHaveLength(20);
});

it('says what is wrong with one, and goes on with the others', async () => {
  const { maker, wanted, pod } = place();
  pod('link', 'add', 'net7', 'type', 'veth');
  const outcomes = await Promise.allSettled([7, 0, 1].map((n) => maker.make(wanted(n))));
  expect(outcomes.map(({ status }) => status)).toStrictEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(outcomes[0]).toMatchObject({
    reason: { kind: 'wiring', message: 'the pairs cannot be made: RTNETLINK answers: File exists' },
  });
});

it('starts its program again when that has ended', async () => {
  const { maker, wanted, pod } = place();
  await maker.make(wanted(0));
  maker.close();
  await maker.make(wanted(1));
  expect(pod('link', 'show', 'net1')).toContain('net1');
});

it('makes nothing for who has ended meanwhile', async () => {
  const { maker, wanted, pod } = place();
  const ended = maker.make({ ...wanted(1), isWanted: () => false });
  await expect(ended).rejects.toMatchObject({ kind: 'unavailable' });
  await maker.make(wanted(0));
  expect(pod('link')).not.toContain('net1');
});

it('makes nothing in another network namespace than the one that is meant', async () => {
  const { maker, wanted } = place();
  const elsewhere = { ...wanted(0), netns: wantedOf(addNetns(), []).netns };
  await expect(maker.make(elsewhere)).rejects.toMatchObject({ kind: 'netns' });
});

it('refuses what ip would take for more than one word', async () => {
  const { maker, wanted } = place();
  const pairs = wanted(0).pairs.map(({ host, link }) => ({ host, link: { ...link, name: 'x\nlink delete lo' } }));
  await expect(maker.make({ ...wanted(0), pairs })).rejects.toMatchObject({ kind: 'wiring' });
});

it.each([
  ['cannot be started', ['/nowhere/nsenter']],
  ['does not answer', ['sh', '-c', 'exec tail -f /dev/null']],
])('says so to all when its program %s', async (_, within) => {
  const maker = createPairMaker({ within, patience: 50 });
  resources.defer(maker.close);
  const { wanted } = place();
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_unused, n) => maker.make(wanted(n))));
  for (const one of outcomes) expect(one).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } });
});

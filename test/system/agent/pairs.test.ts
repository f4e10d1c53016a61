import { execFileSync } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { createHostEnds, type HostEnds } from '../../../src/agent/host-ends.ts';
import { createResources } from '../../fixture/resources.ts';
import { uniqueName } from '../../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

/** A network namespace of its own, with that many veth pairs. */
function place(pairs: number): { readonly ends: HostEnds; readonly ip: (...args: readonly string[]) => string } {
  const netns = uniqueName('ends-');
  execFileSync('ip', ['netns', 'add', netns]);
  resources.defer(() => void execFileSync('ip', ['netns', 'delete', netns]));
  const ip = (...args: readonly string[]): string => execFileSync('ip', ['-n', netns, ...args], { encoding: 'utf8' });
  for (let n = 0; n < pairs; n++) ip('link', 'add', `av${n}`, 'type', 'veth', 'peer', 'name', `p${n}`);
  const ends = createHostEnds({ within: ['ip', 'netns', 'exec', netns] });
  resources.defer(ends.close);
  return { ends, ip };
}

const endOf = (n: number) => ({ name: `av${n}`, alias: `shop/web-${n}/net1`, mtu: 1500 });

it('gives links their alias, and no IPv6 address, many at once with one program', async () => {
  const { ends, ip } = place(20);
  await Promise.all(Array.from({ length: 10 }, (_, n) => ends.set([endOf(2 * n), endOf(2 * n + 1)])));
  const links: unknown = JSON.parse(ip('-d', '-json', 'link', 'show', 'type', 'veth'));
  for (let n = 0; n < 20; n++) {
    const wanted = { ifname: `av${n}`, ifalias: `shop/web-${n}/net1`, inet6_addr_gen_mode: 'none' };
    expect(links).toContainEqual(expect.objectContaining(wanted));
  }
});

it('says what is wrong with one, and goes on with the others', async () => {
  const { ends } = place(2);
  const outcomes = await Promise.allSettled([ends.set([endOf(0)]), ends.set([endOf(7)]), ends.set([endOf(1)])]);
  expect(outcomes.map(({ status }) => status)).toStrictEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: { kind: 'wiring', message: expect.stringContaining('av7') as unknown } });
});

it('starts its program again when that has ended', async () => {
  const { ends, ip } = place(2);
  await ends.set([endOf(0)]);
  ends.close();
  await ends.set([endOf(1)]);
  expect(ip('link', 'show', 'av1')).toContain('alias shop/web-1/net1');
});

it('refuses what ip would take for more than one word', async () => {
  const { ends } = place(1);
  const two = { ...endOf(0), alias: 'x\nlink delete av0' };
  await expect(ends.set([two])).rejects.toMatchObject({ kind: 'wiring' });
});

it.each([
  ['cannot be started', ['/nowhere/nsenter']],
  ['does not answer', ['sh', '-c', 'exec tail -f /dev/null']],
])('says so when its program %s', async (_, within) => {
  const ends = createHostEnds({ within, patience: 50 });
  resources.defer(ends.close);
  await expect(ends.set([endOf(0)])).rejects.toMatchObject({ kind: 'unavailable' });
});

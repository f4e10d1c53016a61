import { afterEach, describe, expect, it } from 'vitest';
import { readLink, readRoutes } from '../../src/net/link-facts.ts';
import { isOwnNetns, withNetns } from '../../src/net/netns.ts';
import { exec } from '../../src/system/exec.ts';
import { addNetns } from '../fixture/netns.ts';
import { createResources } from '../fixture/resources.ts';
import { failureOf, rejectionOf } from '../failure-of.ts';

const resources = createResources();
afterEach(resources.release);

async function madeNetns() {
  const netns = await resources.use(addNetns());
  await netns.exec(
    'ip',
    'link',
    'add',
    'one',
    'mtu',
    '1400',
    'address',
    '02:00:00:00:00:01',
    'type',
    'veth',
    'peer',
    'name',
    'two',
  );
  await netns.exec('ip', 'link', 'set', 'one', 'up');
  await netns.exec('ip', 'link', 'set', 'two', 'up');
  await netns.exec('ip', 'address', 'add', '10.0.0.5/24', 'dev', 'one');
  await netns.exec('ip', 'address', 'add', 'fd00::5/64', 'dev', 'one', 'nodad');
  await netns.exec('ip', 'route', 'add', 'default', 'via', '10.0.0.1');
  for (const hop of ['fd00::1', 'fd00::2']) {
    await netns.exec('ip', 'route', 'append', '2001:db8::/32', 'via', hop, 'dev', 'one');
  }
  return netns;
}

const broken = () => ({ code: 0, stdout: 'oops', stderr: 'what', timedOut: false });

describe('an interface of another netns', () => {
  it('is read with all that CHECK compares', async () => {
    const netns = await madeNetns();
    const link = await withNetns(netns.path, (descriptor) => readLink({ exec, name: 'one', netns: descriptor }));
    expect(link).toMatchObject({ kind: 'veth', mac: '02:00:00:00:00:01', mtu: 1400, up: true });
    expect(link?.addresses).toStrictEqual(expect.arrayContaining(['10.0.0.5/24', 'fd00::5/64']));
    expect(
      await withNetns(netns.path, (descriptor) => readLink({ exec, name: 'three', netns: descriptor })),
    ).toBeUndefined();
  });

  it('has routes by each of their next hops', async () => {
    const netns = await madeNetns();
    const routes = await withNetns(netns.path, (descriptor) => readRoutes({ exec, netns: descriptor }));
    expect(routes).toStrictEqual(
      expect.arrayContaining([
        { dst: '0.0.0.0/0', gw: '10.0.0.1', dev: 'one' },
        { dst: '10.0.0.0/24', gw: '', dev: 'one' },
        { dst: '10.0.0.5/32', gw: '', dev: 'one' },
        { dst: 'fd00::/64', gw: '', dev: 'one' },
        { dst: '2001:db8::/32', gw: 'fd00::1', dev: 'one' },
        { dst: '2001:db8::/32', gw: 'fd00::2', dev: 'one' },
      ]),
    );
  });

  it('an ip that prints no JSON is an error', () => {
    expect(failureOf(() => readLink({ exec: broken, name: 'one' }))).toMatch(
      /^io: ip printed something that is no JSON/u,
    );
  });
});

describe('a netns', () => {
  it.each(['/run/netns/none', '/etc/hostname', '/', ''])('%j is none', async (path) => {
    expect(await rejectionOf(withNetns(path, () => 1))).toMatch(/^netns: /u);
    expect(isOwnNetns(path)).toBe(false);
  });

  it('of this process is told from others', async () => {
    const netns = await resources.use(addNetns());
    expect(isOwnNetns('/proc/self/ns/net')).toBe(true);
    expect(isOwnNetns(netns.path)).toBe(false);
  });
});

function hanging() {
  return { code: null, stdout: '', stderr: '', timedOut: true };
}

it('an ip that hangs has not said that there is no interface, nor no routes', () => {
  const says = 'unavailable: ip did not end in 5 s: is the Node overloaded?';
  expect(failureOf(() => readLink({ exec: hanging, name: 'one' }))).toBe(says);
  expect(failureOf(() => readRoutes({ exec: hanging }))).toBe(says);
});

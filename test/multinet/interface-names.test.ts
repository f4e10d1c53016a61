import { array, assert, constantFrom, option, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interfaceNames, type NamingRules } from '../../src/multinet/interface-names.ts';
import { failureOf } from '../failure-of.ts';

const complaint = (name: string) => (name.length > 15 ? 'is too long' : undefined);
const named = (...ifnames: readonly (string | undefined)[]) =>
  ifnames.map((ifname) => ({ namespace: 'team', name: 'a', ifname }));
const namesWith = (prefix: NamingRules['prefix'], ...ifnames: readonly (string | undefined)[]) =>
  interfaceNames(named(...ifnames), { prefix, primary: 'eth0', complaint });

describe('the interfaces of the networks of a Pod', () => {
  it.each([
    ['net', [undefined, undefined], ['net1', 'net2']],
    ['net', ['blue', undefined], ['blue', 'net2']],
    ['net', ['net2', undefined], ['net2', 'net1']],
    ['net', [undefined, 'net1'], ['net2', 'net1']],
    ['eth', [undefined, undefined], ['eth1', 'eth2']],
    ['eth', ['blue', undefined], ['blue', 'eth1']],
    ['eth', [undefined, 'eth1', undefined], ['eth2', 'eth1', 'eth3']],
  ] as const)('with %s, asked for as %j, are %j', (prefix, asked, names) => {
    expect(namesWith(prefix, ...asked)).toStrictEqual(names);
  });

  it.each([
    [['eth0'], 'the interface "eth0" is the name of another interface of the Pod'],
    [['a', 'a'], 'network team/a: the interface "a" is the name of another interface of the Pod'],
    [['an-interface-name'], 'the interface "an-interface-name" is too long'],
  ])('%j cannot be had', (asked, message) => {
    expect(failureOf(() => namesWith('net', ...asked))).toContain(message);
  });

  it('are never two of the same name, nor the first one', () => {
    const asked = array(option(constantFrom('net1', 'net2', 'net3', 'eth1', 'blue'), { nil: undefined }), {
      maxLength: 12,
    });
    assert(
      property(record({ asked, prefix: constantFrom('net' as const, 'eth' as const) }), (wish) => {
        const explicit = wish.asked.filter((ifname) => ifname !== undefined);
        if (new Set(explicit).size < explicit.length) return;
        const names = namesWith(wish.prefix, ...wish.asked);
        expect(new Set([...names, 'eth0']).size).toBe(wish.asked.length + 1);
        for (const [index, ifname] of wish.asked.entries()) expect([names[index], undefined]).toContain(ifname);
      }),
    );
  });
});

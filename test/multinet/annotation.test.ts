import { assert, json, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNetworks } from '../../src/multinet/annotation.ts';
import { Failure } from '../../src/system/failure.ts';
import { failureOf } from '../failure-of.ts';

const plain = { namespace: 'team', ifname: undefined, ips: [], mac: undefined };

describe('the networks of a Pod', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['a', [{ ...plain, name: 'a' }]],
    [
      ' a , b-1',
      [
        { ...plain, name: 'a' },
        { ...plain, name: 'b-1' },
      ],
    ],
    ['other/a', [{ ...plain, namespace: 'other', name: 'a' }]],
    ['a@eth5', [{ ...plain, name: 'a', ifname: 'eth5' }]],
    ['other/a@my_interface', [{ ...plain, namespace: 'other', name: 'a', ifname: 'my_interface' }]],
    [
      'a,a',
      [
        { ...plain, name: 'a' },
        { ...plain, name: 'a' },
      ],
    ],
    ['[]', []],
    ['[{"name":"a"}]', [{ ...plain, name: 'a' }]],
    [
      '[{"name":"a","namespace":"other","interface":"eth5","ips":["10.0.0.5/24"],"mac":"02:00:00:00:00:01","x":1}]',
      [{ namespace: 'other', name: 'a', ifname: 'eth5', ips: ['10.0.0.5/24'], mac: '02:00:00:00:00:01' }],
    ],
    ['[{"name":"a","interfaceRequest":"eth5"}]', [{ ...plain, name: 'a', ifname: 'eth5' }]],
  ])('%s', (annotation, networks) => {
    expect(parseNetworks(annotation, 'team')).toStrictEqual(networks);
  });

  it.each(['cni-args', 'bandwidth', 'x'])('are no JSON without end, in %s', (key) => {
    const deep = `[{"name":"a","${key}":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}]`;
    expect(failureOf(() => parseNetworks(deep, 'team'))).toBe(
      'decode: the list of networks is nested deeper than 64 levels',
    );
  });

  it.each([(names: string[]) => names.join(','), (names: string[]) => JSON.stringify(names.map((name) => ({ name })))])(
    'are a hundred at most',
    (write) => {
      const names = Array.from({ length: 100 }, (_, index) => `n${index}`);
      expect(parseNetworks(write(names), 'team')).toHaveLength(100);
      expect(failureOf(() => parseNetworks(write([...names, 'more']), 'team'))).toBe(
        'config: the Pod asks for 101 networks: at most 100 are accepted',
      );
    },
  );

  it.each([
    ['a/b/c', 'config: the network "a/b/c" is malformed'],
    ['a@b@c', 'config: the network "a@b@c" is malformed'],
    ['a,,b', 'config: the network "" is malformed'],
    ['a,', 'config: the network "" is malformed'],
    ['A', 'config: the network "A": the name is "A": expected lower-case letters'],
    ['a-', 'the name is "a-"'],
    ['/a', 'the namespace is ""'],
    ['a@', 'the interface is ""'],
    ['a@an-interface-name', 'the interface is "an-interface-name": expected at most 15 characters'],
    ['[{"name":"a"}', 'the list of networks is no JSON list'],
    ['{"name":"a"}', 'the list of networks is no JSON list'],
    ['"a"', 'the list of networks is no JSON list'],
    ['["a"]', 'the network [0] is no object'],
    ['[{"name":"a"},{}]', 'config: the network [1]: the key name is missing: expected that of'],
    ['[{"name":"a","Interface":"data0"}]', 'decode: the network [0] has the key "Interface": expected "interface"'],
    ['[{"name":"a","IPs":["10.0.0.5"]}]', 'decode: the network [0] has the key "IPs": expected "ips"'],
    ['[{"name":7}]', 'the network [0]: name is no text'],
    ['[{"name":"a","ips":"10.0.0.5"}]', 'the network [0]: ips is no list of texts'],
    ['[{"name":"a","interface":"a b"}]', 'the interface is "a b"'],
  ])('%s is refused as a whole', (annotation, message) => {
    expect(failureOf(() => parseNetworks(annotation, 'team'))).toContain(message);
  });

  it('are read or refused, whatever the text', () => {
    assert(
      property(oneof(string(), json()), (text) => {
        try {
          for (const { name, namespace } of parseNetworks(text, 'team'))
            expect(`${namespace}/${name}`).toMatch(/^[-a-z0-9./]+$/u);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});

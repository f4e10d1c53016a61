import { describe, expect, it } from 'vitest';
import { readSecondaryOptions } from '../../../src/plugin/native/options.ts';
import { failureOf } from '../../failure-of.ts';

const networkType = 'secondary';

describe('how the networks of Pods are attached', () => {
  it('is said by nobody: then as Multus does, without isolation', () => {
    expect(readSecondaryOptions({ networkType, mtu: 1, 'cni.dev/attachments': [] })).toStrictEqual({
      interfacePrefix: 'net',
      namespaceIsolation: false,
      globalNamespaces: ['default'],
      skipNamespaces: ['kube-system'],
      nadDir: '/etc/cni/multus/net.d',
      networksStatus: false,
    });
  });

  it.each([
    [{ namespaceIsolation: 'yes' }, 'config: network configuration: namespaceIsolation "yes" must be true or false'],
    [{ interfacePrefix: 'en' }, 'unsupported: network configuration: interfacePrefix "en" is unknown: use net or eth'],
    [{ nadDir: 'nads' }, 'config: network configuration: nadDir "nads" must be an absolute path'],
    [
      { NamespaceIsolation: true },
      'decode: the network configuration has the key "NamespaceIsolation": expected "namespaceIsolation"',
    ],
  ])('%j is refused, and not passed over', (more, says) => {
    expect(failureOf(() => readSecondaryOptions({ networkType, ...more }))).toBe(says);
  });
});

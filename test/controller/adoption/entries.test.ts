import {
  array,
  assert,
  constant,
  constantFrom,
  dictionary,
  jsonValue,
  oneof,
  property,
  record,
  string,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownerOf, readEntries } from '../../../src/controller/adoption/entries.ts';
import { formatAddress } from '../../../src/ipam/address.ts';

const pod = { namespace: 'default', name: 'web-0', containerID: 'c0ffee', ifName: 'net1' };
const statefulSet = { namespace: 'default', name: 'web', index: 1 };

function read(...ipAddresses: readonly unknown[]): unknown {
  const { entries, problems } = readEntries({ ipAddresses });
  return { entries: entries.map((entry) => [formatAddress(entry.address), entry.phase, ownerOf(entry)]), problems };
}

describe('an entry of status.ipAddresses', () => {
  it.each<[what: string, entry: unknown, entries: readonly unknown[], problems: readonly string[]]>([
    [
      'of a Pod is an allocation',
      { ipAddress: '10.0.0.5', phase: 'Allocated', owner: { pod } },
      [['10.0.0.5', 'Allocated', 'Pod default/web-0']],
      [],
    ],
    [
      'of a Pod of a StatefulSet, too',
      { ipAddress: '10.0.0.5', phase: 'Allocated', owner: { pod, statefulSet } },
      [['10.0.0.5', 'Allocated', 'Pod default/web-0']],
      [],
    ],
    [
      'of a Pod is one whatever its phase is, for who has an address uses it',
      { ipAddress: '2001:DB8::5', phase: 'Reserved', owner: { pod } },
      [['2001:db8::5', 'Allocated', 'Pod default/web-0']],
      [],
    ],
    [
      'that is reserved for a StatefulSet stays reserved',
      { ipAddress: '10.0.0.5', phase: 'Reserved', owner: { pod, statefulSet } },
      [['10.0.0.5', 'Reserved', 'StatefulSet default/web']],
      [],
    ],
    [
      'of a StatefulSet alone is reserved',
      { ipAddress: '10.0.0.5', phase: 'Preallocated', owner: { statefulSet } },
      [['10.0.0.5', 'Reserved', 'StatefulSet default/web']],
      [],
    ],
    ['without an owner is told', { ipAddress: '10.0.0.5', owner: {} }, [], ['ipAddresses[0] 10.0.0.5 has no owner']],
    ['without an address is told', { owner: { pod } }, [], ['ipAddresses[0] has no IP address: ""']],
    [
      'with another thing is told',
      { ipAddress: '10.0.0.300', owner: { pod } },
      [],
      ['ipAddresses[0] has no IP address: "10.0.0.300"'],
    ],
    ['that is no object is told', 'nonsense', [], ['ipAddresses[0] is no object']],
  ])('%s', (...[, entry, entries, problems]) => {
    expect(read(entry)).toStrictEqual({ entries, problems });
  });

  it('of an address that is there twice is told, and who uses it has it', () => {
    const other = { ...pod, name: 'web-1' };
    expect(
      read(
        { ipAddress: '10.0.0.6', owner: { statefulSet } },
        { ipAddress: '10.0.0.6', owner: { pod } },
        { ipAddress: '10.0.0.5', owner: { pod } },
        { ipAddress: '10.0.0.5', owner: { pod: other } },
      ),
    ).toStrictEqual({
      entries: [
        ['10.0.0.5', 'Allocated', 'Pod default/web-0'],
        ['10.0.0.6', 'Allocated', 'Pod default/web-0'],
      ],
      problems: [
        '10.0.0.6 is there twice, for StatefulSet default/web and Pod default/web-0',
        '10.0.0.5 is there twice, for Pod default/web-0 and Pod default/web-1',
      ],
    });
  });

  it('is an entry or a problem, whatever it is', () => {
    const owner = record({
      pod: oneof(constant(pod), jsonValue()),
      statefulSet: oneof(constant(statefulSet), jsonValue()),
    });
    const entry = record({
      ipAddress: oneof(constantFrom('10.0.0.5', '10.0.0.6', '2001:db8::1'), string()),
      phase: string(),
      owner,
    });
    assert(
      property(array(oneof(entry, jsonValue(), dictionary(string(), jsonValue()))), (ipAddresses) => {
        const { entries, problems } = readEntries({ ipAddresses });
        const keys = new Set(entries.map(({ address }) => formatAddress(address)));
        return keys.size === entries.length && entries.length + problems.length === ipAddresses.length;
      }),
    );
  });
});

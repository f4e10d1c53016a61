import { describe, expect, it } from 'vitest';
import { readTables } from '../../../../src/net/ovs/vsctl/tables.ts';
import { failureOf } from '../../../failure-of.ts';

describe('what ovs-vsctl prints as JSON', () => {
  it('is read as rows with the names of their columns', () => {
    const first = { headings: ['name', 'tag'], data: [['av1', 5], ['av2']] };
    const output = `${JSON.stringify(first)}\n${JSON.stringify({ headings: ['name'], data: [] })}`;
    expect(readTables(output)).toStrictEqual([
      [
        { name: 'av1', tag: 5 },
        { name: 'av2', tag: undefined },
      ],
      [],
    ]);
  });

  it.each(['', 'ovs-vsctl: something', '{"data": []}', '{"headings": [], "data": 5}', '[]'])(
    'is no table: %j',
    (output) => {
      expect(failureOf(() => readTables(output))).toBe('unavailable: ovs-vsctl printed something that is no table');
    },
  );
});

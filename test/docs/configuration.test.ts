import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configurationPage, withTables } from '../../scripts/reference.ts';
import { schemaTable } from '../../scripts/schema-table.ts';
import { errorObject } from '../../src/cni/errors.ts';
import { supportedVersions } from '../../src/cni/version.ts';
import { Failure } from '../../src/system/failure.ts';
import { kinds } from './kinds.ts';

const page = readFileSync(configurationPage, 'utf8');

describe('docs/configuration.md', () => {
  it('has the keys as the schemas have them (npm run docs)', () => {
    expect(page).toBe(withTables(page));
  });

  it('leaves no key of a schema without a meaning', () => {
    expect(page.split('\n').filter((line) => /^\| `.*\| +\|$/.test(line))).toEqual([]);
  });

  it.each(kinds)('explains the error code of %s', (kind) => {
    const { code } = errorObject(new Failure(kind, ''), '1.1.0');
    expect(page).toMatch(new RegExp(`^\\| ${code} \\| `, 'm'));
  });

  it('explains the code of a defect', () => {
    expect(page).toContain(`| ${errorObject(new Error('defect'), '1.1.0').code} | a defect`);
  });

  it.each(supportedVersions)('says which verbs CNI %s has', (version) => {
    expect(page).toMatch(new RegExp(`^\\| (?:[0-9., ]+, )?${version.replaceAll('.', '\\.')}[ ,]`, 'm'));
  });
});

describe('a table made from a schema', () => {
  const schema = {
    required: ['a'],
    properties: {
      a: { description: 'One | two.', type: 'string', pattern: '^x|y$' },
      b: { type: 'integer', minimum: 1, maximum: 2, default: 1 },
      c: { type: 'array', maxItems: 3, items: { type: 'object', properties: { d: { enum: ['e', 'f'] } } } },
    },
  };

  it('has a row for each key, inner ones too', () => {
    expect(schemaTable(schema)).toBe(
      [
        '| Key | Type | Default | Meaning |',
        '| --- | --- | --- | --- |',
        '| `a` | string, `^x\\|y$` | **required** | One \\| two. |',
        '| `b` | integer, 1 to 2 | `1` |  |',
        '| `c` | list of objects, at most 3 |  |  |',
        '| `c[].d` | `e`, `f` |  |  |',
      ].join('\n'),
    );
  });
});

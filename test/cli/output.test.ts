import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parse } from 'yaml';
import { formatAge } from '../../src/cli/output/age.ts';
import { formatDocument } from '../../src/cli/output/document.ts';
import { printable } from '../../src/cli/output/printable.ts';
import { shellWord } from '../../src/cli/output/shell-word.ts';
import { formatTable } from '../../src/cli/output/table.ts';

describe('what is printed of stored data', () => {
  it('holds no character that a terminal obeys, whatever is stored', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });

  it('leaves text as it is', () => {
    expect(printable('web-0 (größer, 東京 🚀)')).toBe('web-0 (größer, 東京 🚀)');
  });

  it('has one line for each row of a table', () => {
    expect(
      formatTable(
        ['A', 'LONG'],
        [
          ['x\ny', ''],
          ['', '1'],
        ],
      ),
    ).toBe('A           LONG\nx\\u{a}y     <none>\n<none>      1\n'.replaceAll(/ {3,}/gu, (gap) => gap.slice(2)));
  });
});

describe('a table', () => {
  it('is aligned, whatever is in it', () => {
    const lines = formatTable(
      ['NAME', 'B'],
      [
        ['東京', '1'],
        ['🚀', '1'],
        ['e\u0301a\u0308', '1'],
        ['abcd', '1'],
      ],
    ).split('\n');
    expect(lines).toStrictEqual(['NAME   B', '東京   1', '🚀     1', 'e\u0301a\u0308     1', 'abcd   1', '']);
  });

  it('may have as many rows as a large cluster has Pods', () => {
    const rows = Array.from({ length: 200_000 }, (_, index) => [String(index)]);
    expect(formatTable(['N'], rows).split('\n')).toHaveLength(200_002);
  });
});

describe('a document for machines', () => {
  const evil = {
    a: 'x\u009B2Jy',
    '\u202E': ['\u{E0001}', '\uD800', 'tab\t', '\u2028', '\u001B[2J'],
    b: 'two\nlines\n',
  };

  it.each(['json', 'yaml'] as const)(
    'as %s has nothing that a terminal obeys, and all that was in it',
    async (format) => {
      const text = await formatDocument(format, evil);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      expect(parse(text)).toStrictEqual(evil);
    },
  );

  it('gives back whatever was in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ stringUnit: 'binary' }), async (value) => {
        // JSON has no -0.
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(await formatDocument('json', plain))).toStrictEqual(plain);
        expect(parse(await formatDocument('yaml', plain))).toStrictEqual(plain);
      }),
      { numRuns: 300 },
    );
  });

  it('has text of several lines as such', async () => {
    expect(await formatDocument('yaml', evil)).toContain('b: |\n  two\n  lines\n');
  });
});

describe('a name in a command to type', () => {
  it.each(['web-0', 'fd00::5', 'a b', "it's; reboot", '$(reboot)', '`x`', '-rf', '', '*', String.raw`\``, 'a\nb', '~'])(
    'is one word for a shell: %j',
    (name) => {
      const { stdout } = spawnSync('sh', ['-c', `printf '<%s>' ${shellWord(name)}`], { encoding: 'utf8' });
      expect(stdout).toBe(`<${name}>`);
    },
  );

  it('is as it is, where that is one word', () => {
    expect(['team/web-0', '10.0.0.5', 'fd00::5'].map(shellWord)).toStrictEqual(['team/web-0', '10.0.0.5', 'fd00::5']);
  });
});

describe('an age', () => {
  const now = new Date('2026-01-10T00:00:00Z');

  it.each([
    ['2026-01-10T00:00:00Z', '0s'],
    ['2026-01-09T23:58:01Z', '119s'],
    ['2026-01-09T23:58:00Z', '2m'],
    ['2026-01-09T22:00:01Z', '119m'],
    ['2026-01-09T22:00:00Z', '2h'],
    ['2026-01-08T00:00:00Z', '2d'],
    ['2026-01-10T00:00:09Z', '0s'],
    ['yesterday', '<unknown>'],
    [undefined, '<unknown>'],
  ])('since %s is %s', (since, age) => {
    expect(formatAge(since, now)).toBe(age);
  });
});

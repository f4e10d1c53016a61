import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseManifests } from '../../src/cli/ippool/manifests.ts';
import { Failure } from '../../src/system/failure.ts';

/** Text that looks like YAML more often than chance would have it. */
const words =
  'a kind List items : - [ ] { } , " \' &x *x !!set !!timestamp 2001-01-01 <<: .inf 0x1F ~ __proto__ 1e999 | >- ? #';
const breaks = [' ', ': ', '\n', '\n  ', '---\n', '...\n', '%YAML 1.1\n', '%TAG ! x\n', '\t', '\u0000', '\uFEFF'];
const pieces = fc.constantFrom(...words.split(' '), ...breaks);
const text = fc.oneof(
  fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
);

describe('reading manifests', () => {
  it('either gives plain values or says what is wrong, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (input) => {
        const { manifests, problems } = await parseManifests(input, 'x');
        for (const problem of problems) {
          expect(problem).toBeInstanceOf(Failure);
          expect(problem.message).toMatch(/^x\b/u);
        }
        for (const { value } of manifests) expect(isPlain(value)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('gives any JSON as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (value) => {
        const { manifests, problems } = await parseManifests(JSON.stringify({ value }), 'x');
        if (problems.length > 0) expect(problems[0]?.message).toContain('__proto__');
        else
          expect(manifests).toStrictEqual([
            { where: 'x, document 1', value: JSON.parse(JSON.stringify({ value })) as unknown },
          ]);
      }),
    );
  });

  it.each(['[', '- ', '{"a":'])('says of %j without an end that it is too deep', async (piece) => {
    const { problems } = await parseManifests(piece.repeat(5000), 'x');
    expect(problems.map(({ message }) => message)).toStrictEqual(['x, document 1 is nested deeper than 32 levels']);
  });

  it('takes a List that is as long as a file may be', async () => {
    const items = '1,'.repeat(200_000);
    const { manifests, problems } = await parseManifests(`{"kind": "List", "items": [${items}1]}`, 'x');
    expect({ manifests: manifests.length, problems }).toStrictEqual({ manifests: 200_001, problems: [] });
  });

  it('takes an object with as many keys as a file may have', async () => {
    const keys = Array.from({ length: 60_000 }, (_, index) => `k${index}`);
    const { manifests, problems } = await parseManifests(`{${keys.join()}}`, 'x');
    expect({ manifests: manifests.length, problems }).toStrictEqual({ manifests: 1, problems: [] });
  }, 30_000);

  it('names document and line of what it does not understand', async () => {
    const { problems } = await parseManifests('a: 1\n---\nb: [\n', 'pools.yaml');
    expect(problems.map(({ message }) => message)).toStrictEqual([
      expect.stringMatching(/^pools\.yaml, document 2 is neither YAML nor JSON: .* at line 4/u),
    ]);
  });
});

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null)
    return ['string', 'number', 'boolean', 'object'].includes(typeof value);
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return plain && Object.values(value).every(isPlain);
}

import fs from 'node:fs';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { manifest, owner } from '../ipam/sample.ts';
import { type Answer, type Desk, openDesk } from './command-line.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

const v1alpha2 = `
apiVersion: crd.antrea.io/v1alpha2
kind: IPPool
metadata: {name: old}
spec:
  ipVersion: 4
  ipRanges:
  - {cidr: 10.2.0.0/28, gateway: 10.2.0.1, prefixLength: 24, vlan: 2}
`;

const v1beta1 = `
apiVersion: crd.antrea.io/v1beta1
kind: IPPool
metadata: {name: new}
spec:
  ipRanges: [{start: "fd00::10", end: fd00::1f}]
  subnetInfo: {gateway: fd00::1, prefixLength: 64}
`;

const json = (object: unknown): string => JSON.stringify(object);
const pool = (name: string, range = '192.168.0.0/24'): Record<string, unknown> => manifest({ name, ranges: [range] });
const apply = (input: string, ...more: readonly string[]): Promise<Answer> =>
  desk.antrea(['ippool', 'apply', '-f', '-', ...more], input);
const stored = (): readonly string[] => (fs.existsSync(desk.dataDir) ? fs.readdirSync(`${desk.dataDir}/pools`) : []);

describe('antrea ippool apply', () => {
  it.each([
    ['YAML, several documents of both versions', `${v1beta1}---${v1alpha2}---\n`, ['new', 'old']],
    ['YAML with comments and empty documents', `# pools\n---\n---${v1alpha2}...\n`, ['old']],
    ['JSON', json(pool('a')), ['a']],
    [
      'a List of kubectl',
      json({ apiVersion: 'v1', kind: 'List', items: [pool('a'), pool('b', '10.0.0.0/24')].slice(0, 1) }),
      ['a'],
    ],
    ['an IPPoolList', json({ apiVersion: 'crd.antrea.io/v1beta1', kind: 'IPPoolList', items: [pool('a')] }), ['a']],
  ])('takes %s from standard input', async (_, input, names) => {
    expect(await apply(input)).toStrictEqual({
      code: 0,
      stdout: names.map((name) => `ippool.crd.antrea.io/${name} created\n`).join(''),
      stderr: `store: files in ${desk.dataDir}\n`,
    });
  });

  it('takes several files, and says of each pool what became of it', async () => {
    const one = desk.write('one.yaml', v1beta1);
    const words = ['ippool', 'apply', '-f', one, '-f', desk.write('two.json', json(pool('a')))];
    await desk.antrea(words.slice(0, 4));
    expect((await desk.antrea(words)).stdout).toBe(
      'ippool.crd.antrea.io/new unchanged\nippool.crd.antrea.io/a created\n',
    );
    desk.write('two.json', json(manifest({ name: 'a', ranges: ['192.168.0.0/24'], excludes: ['192.168.0.9'] })));
    expect((await desk.antrea(words)).stdout).toContain('ippool.crd.antrea.io/a configured\n');
  });

  it('takes what get -o yaml has shown', async () => {
    await apply(`${v1beta1}---${v1alpha2}`);
    const { stdout } = await desk.antrea(['ippool', 'get', '-o', 'yaml']);
    expect((await apply(stdout)).stdout).toBe(
      'ippool.crd.antrea.io/new unchanged\nippool.crd.antrea.io/old unchanged\n',
    );
  });

  it('applies nothing when one document of several is not valid, and names all that are not', async () => {
    const bad = v1beta1.replace('name: new', 'name: bad').replace('64', '129');
    const answer = await apply(`${v1alpha2}---${bad}---\nkind: Pod\n---\n{apiVersion: v1, kind: List, items: [7]}`);
    expect(answer.code).toBe(1);
    expect(answer.stdout).toBe('');
    expect(answer.stderr.split('\n')).toStrictEqual([
      expect.stringMatching(/^error: standard input, document 2: spec\.subnetInfo\.prefixLength is 129: expected /u),
      'error: standard input, document 3: kind is "Pod": expected "IPPool"',
      expect.stringMatching(/^error: standard input, document 4, items\[0\]: the manifest is 7: expected /u),
      '',
    ]);
    expect(stored()).toStrictEqual([]);
  });

  it('refuses a pool that is there twice', async () => {
    const { code, stderr } = await apply(`${v1beta1}---${v1beta1}`);
    expect(code).toBe(1);
    expect(stderr).toBe('error: standard input, document 2: pool new is already in standard input, document 1\n');
  });

  it.each([
    ['an empty file', '', /^error: standard input: no IPPool in there/u],
    ['only a comment', '# nothing\n---\n', /no IPPool in there/u],
    ['broken YAML', 'a: [1,\nb: 2', /^error: standard input, document 1 is neither YAML nor JSON: .* line 2/u],
    ['a key twice', 'kind: a\nkind: b', /document 1 has the key "kind" twice: the second one is at line 2, column 1/u],
    ['an alias', 'a: &a [1]\nb: *a', /document 1 has a YAML alias/u],
    ['a bomb of aliases', bomb(), /document 1 has a YAML alias/u],
    ['an alias of itself', 'a: &a [*a, *a]', /document 1 has a YAML alias/u],
    ['40 levels', `${'['.repeat(40)}${']'.repeat(40)}`, /nested deeper than 32 levels/u],
    ['100,000 levels', '['.repeat(100_000), /nested deeper than 32 levels|neither YAML nor JSON/u],
    ['__proto__', '{"__proto__": {"kind": "IPPool"}}', /has the key "__proto__"/u],
    ['a List without items', 'kind: List', /is a List without items/u],
    ['5 MB', `#${'x'.repeat(5_000_000)}`, /standard input is larger than 4194304 bytes/u],
    ['a program', 'a: !!js/function "x"', /document 1/u],
    ['a number beyond all numbers', v1beta1.replace('64', '.inf'), /prefixLength is Infinity/u],
  ])('refuses %s', async (_, input, message) => {
    const { code, stdout, stderr } = await apply(input);
    expect({ code, stdout }).toStrictEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stored()).toStrictEqual([]);
  });

  it('refuses text that is not UTF-8', async () => {
    const path = desk.write('latin1.yaml', '');
    fs.writeFileSync(path, Buffer.from([0x61, 0xff]));
    const { stderr } = await desk.antrea(['ippool', 'apply', '-f', path]);
    expect(stderr).toBe(`error: ${path} is not valid UTF-8\n`);
  });

  it.each([
    ['a file that is missing', 'missing.yaml', 'ENOENT'],
    ['a folder', '.', 'EISDIR'],
  ])('names %s', async (_, name, reason) => {
    const { code, stderr } = await desk.antrea(['ippool', 'apply', '-f', `${desk.dir}/${name}`]);
    expect(code).toBe(1);
    expect(stderr).toContain(`error: ${desk.dir}/${name} cannot be read: ${reason}`);
  });

  it('refuses an overlap with exit code 4, applies the others, and takes it by force', async () => {
    await apply(json(pool('a')));
    const input = `${json(pool('b'))}\n---${v1beta1}`;
    const answer = await apply(input);
    expect(answer.code).toBe(4);
    expect(answer.stdout).toBe('ippool.crd.antrea.io/new created\n');
    expect(answer.stderr).toContain('error: standard input, document 1: pool b overlaps with pool a on VLAN 0');
    expect(await apply(input, '--force')).toMatchObject({
      code: 0,
      stdout: 'ippool.crd.antrea.io/b created\nippool.crd.antrea.io/new unchanged\n',
    });
  });

  it('refuses a change that would do harm, with exit code 4', async () => {
    await apply(json(pool('a')));
    await desk.hold('a', '192.168.0.5', owner('c1'));
    const { code, stderr } = await apply(json(manifest({ name: 'a', ranges: ['192.168.0.0/24'], vlan: 9 })));
    expect(code).toBe(4);
    expect(stderr).toContain('vlan of pool a would change from 0 to 9 while addresses of it are held');
  });

  it('needs to know which file', async () => {
    const { code, stderr } = await desk.antrea(['ippool', 'apply']);
    expect(code).toBe(2);
    expect(stderr).toContain("error: required option '-f, --filename <file>' not specified");
  });
});

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`);
  return ['l0: &l0 [x]', ...levels].join('\n');
}

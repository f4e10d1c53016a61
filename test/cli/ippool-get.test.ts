import fs from 'node:fs';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { manifest, owner } from '../ipam/sample.ts';
import { type Answer, type Desk, openDesk } from './command-line.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk.clear());

const get = (...words: readonly string[]): Promise<Answer> => desk.antrea(['ippool', 'get', ...words]);

async function makePools(): Promise<void> {
  const pools = [
    manifest({
      name: 'vlan100',
      ranges: ['192.168.0.0/28', '192.168.0.100-192.168.0.103'],
      vlan: 100,
      excludes: ['192.168.0.5'],
    }),
    manifest({ name: 'all', ranges: ['fd00::/64'], gateway: 'fd00::1', prefixLength: 64 }),
  ];
  const { code } = await desk.antrea(['ippool', 'apply', '-f', '-'], JSON.stringify({ kind: 'List', items: pools }));
  expect(code).toBe(0);
}

describe('antrea ippool get', () => {
  it('says that there are no pools, and how to make one', async () => {
    const { code, stdout, stderr } = await get();
    expect({ code, stdout }).toStrictEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('There are no pools. Make one with:\n\n  antrea ippool apply -f - <<END\n');
    const example = stderr
      .slice(stderr.indexOf('  apiVersion'), stderr.lastIndexOf('  END'))
      .replaceAll(/^ {2}/gmu, '');
    expect((await desk.antrea(['ippool', 'apply', '-f', '-'], example)).stdout).toContain('created');
  });

  it('shows a table for people', async () => {
    await makePools();
    await desk.hold('vlan100', '192.168.0.3', owner('c1'));
    const { code, stdout, stderr } = await get();
    expect(code).toBe(0);
    expect(stderr).toBe(`store: files in ${desk.dataDir}\n`);
    expect(stdout.replaceAll(/\d+s$/gmu, 'AGO')).toBe(
      [
        'NAME      SUBNET           GATEWAY       VLAN       TOTAL   USED   AGE',
        'all       fd00::/64        fd00::1       untagged   >9e15   0      AGO',
        'vlan100   192.168.0.0/24   192.168.0.1   100        17      1      AGO',
        '',
      ].join('\n'),
    );
    expect((await get('vlan100', '-o', 'wide')).stdout).toMatch(
      /RANGES +EXCLUDES\n.* 192\.168\.0\.0\/28,192\.168\.0\.100-192\.168\.0\.103 +192\.168\.0\.5\n$/u,
    );
  });

  it.each([
    ['json', JSON.parse],
    ['yaml', parse],
  ])('shows an object, or a List, as %s', async (format, read: (text: string) => unknown) => {
    await makePools();
    await desk.hold('vlan100', '192.168.0.3', owner('c1'));
    const vlan100 = {
      apiVersion: 'crd.antrea.io/v1beta1',
      kind: 'IPPool',
      metadata: { name: 'vlan100', generation: 1 },
      spec: { subnetInfo: { gateway: '192.168.0.1', prefixLength: 24, vlan: 100 } },
      status: { usage: { used: 1, total: 17 } },
    };
    const all = { metadata: { name: 'all' }, status: { usage: { used: 0, total: Number.MAX_SAFE_INTEGER } } };
    expect(read((await get('vlan100', '-o', format)).stdout)).toMatchObject(vlan100);
    expect(read((await get('-o', format)).stdout)).toMatchObject({
      apiVersion: 'v1',
      kind: 'List',
      items: [all, vlan100],
    });
    expect(read((await get('vlan100', 'all', '-o', format)).stdout)).toMatchObject({ items: [vlan100, all] });
  });

  it('shows an empty List when there are no pools', async () => {
    expect(JSON.parse((await get('-o', 'json')).stdout)).toStrictEqual({ apiVersion: 'v1', kind: 'List', items: [] });
  });

  it.each([['missing'], ['../../etc/passwd'], ['a/b'], ['A']])('does not find %s', async (name) => {
    const { code, stdout, stderr } = await get(name);
    expect(stdout).toBe('');
    expect(code).toBe(name === 'missing' ? 3 : 2);
    expect(stderr).toMatch(name === 'missing' ? /error: pool missing does not exist in / : /expected a pool name/u);
  });

  it('shows what it finds, and says which ones are missing, as kubectl does', async () => {
    await makePools();
    const table = await get('missing', 'all', 'gone', 'vlan100');
    expect(table.code).toBe(3);
    expect(table.stdout).toMatch(/^NAME.*\nall .*\nvlan100 .*\n$/u);
    expect(table.stderr).toMatch(
      /\nerror: pool missing does not exist in .*\nerror: pool gone does not exist in .*\n$/u,
    );
    const list = await get('all', 'missing', '-o', 'json');
    expect(list.code).toBe(3);
    expect(JSON.parse(list.stdout)).toMatchObject({ kind: 'List', items: [{ metadata: { name: 'all' } }] });
    await desk.hold('vlan100', '192.168.0.3', owner('c1'));
    const holders = await get('missing', 'vlan100', '--addresses');
    expect(holders.code).toBe(3);
    expect(holders.stdout).toContain('192.168.0.3');
    expect(holders.stderr).toContain('error: pool missing does not exist');
  });

  it('shows all pools but one whose file is damaged, and says which file that is', async () => {
    await makePools();
    const file = `${desk.dataDir}/pools/all.json`;
    fs.writeFileSync(file, '{');
    const answer = await get();
    expect(answer.code).toBe(1);
    expect(answer.stdout).toMatch(/^NAME.*\nvlan100 .*\n$/u);
    expect(answer.stderr).toContain(`error: ${file} cannot be read: `);
  });

  it('shows nothing of several that are all missing', async () => {
    expect(await get('missing', 'gone', '-o', 'json')).toMatchObject({ code: 3, stdout: '' });
  });

  it('refuses a format that it does not have', async () => {
    const { code, stderr } = await get('-o', 'xml');
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed choices are table, wide, json, yaml.');
  });
});

describe('antrea ippool get --addresses', () => {
  it('lists who holds what, by address', async () => {
    await makePools();
    await desk.hold('vlan100', '192.168.0.101', owner('c2'));
    await desk.hold('vlan100', '192.168.0.3', owner('4fe1a2b3c4d5e6f7a8b9c0d1e2f3a4b5'));
    expect((await get('--addresses')).stdout).toBe(
      [
        'ADDRESS         POOL      POD                                            INTERFACE   NETWORK   NODE     CONTAINER',
        '192.168.0.3     vlan100   default/pod-4fe1a2b3c4d5e6f7a8b9c0d1e2f3a4b5   net1        vlan100   node-1   4fe1a2b3c4d5e',
        '192.168.0.101   vlan100   default/pod-c2                                 net1        vlan100   node-1   c2',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await get('vlan100', '--addresses', '-o', 'json')).stdout)).toMatchObject({
      kind: 'List',
      items: [
        {
          kind: 'IPAllocation',
          metadata: { name: 'vlan100.192.168.0.3' },
          spec: { pool: 'vlan100', address: '192.168.0.3', phase: 'Allocated' },
        },
        { spec: { address: '192.168.0.101', owner: { network: 'vlan100', pod: { containerID: 'c2' } } } },
      ],
    });
  });

  it('says when nobody holds one', async () => {
    await makePools();
    expect(await get('--addresses')).toMatchObject({ code: 0, stdout: '' });
    expect((await get('--addresses')).stderr).toContain('No address is held.');
  });

  it('keeps the name of a Pod from writing to the terminal', async () => {
    await makePools();
    const evil = owner('c1');
    await desk.hold('vlan100', '192.168.0.3', {
      ...evil,
      pod: { ...evil.pod, name: 'x\u001B]0;pwned\u0007\n\u202E\u009B2J' },
    });
    const table = (await get('--addresses')).stdout;
    expect(table).toContain(String.raw`default/x\u{1b}]0;pwned\u{7}\u{a}\u{202e}\u{9b}2J`);
    const refusal = (await desk.antrea(['ippool', 'delete', 'vlan100'])).stderr;
    expect(table + refusal).not.toMatch(/[[\p{Cc}\p{Cf}]--[\n]]/v);
    expect(table.split('\n')).toHaveLength(3);
  });

  it('shows what it can read when a record is damaged, and says which one is', async () => {
    await makePools();
    await desk.hold('vlan100', '192.168.0.3', owner('c1'));
    await desk.hold('vlan100', '192.168.0.4', owner('c2'));
    const file = fs
      .readdirSync(desk.dataDir, { recursive: true, encoding: 'utf8' })
      .find((path) => /allocations.*04\/.*json$/u.test(path));
    fs.writeFileSync(`${desk.dataDir}/${file}`, '{');
    const { code, stdout, stderr } = await get('--addresses');
    expect(code).toBe(1);
    expect(stdout).toContain('192.168.0.3');
    expect(stderr).toContain(`${file} cannot be read`);
  });
});

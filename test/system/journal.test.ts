import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { files } from '../../src/system/files.ts';
import { attachmentKey, hostInterfaceName } from '../../src/system/attachment-id.ts';
import { fileJournal, type Journal, type JournalEntry } from '../../src/system/journal.ts';
import { parseJson } from '../fixture/json.ts';
import { createResources } from '../fixture/resources.ts';
import { makeTempDir } from '../fixture/unique.ts';

const resources = createResources();
afterEach(resources.release);

const id = { containerID: 'c1', ifname: 'net1' };
const entry: JournalEntry = {
  ...id,
  network: 'vlan100',
  netns: '/run/netns/x',
  hostInterface: 'av1',
  pools: ['four'],
  addresses: [{ pool: 'four', address: '10.0.0.5' }],
  confirmed: true,
};

let folder: string;
let journal: Journal;
beforeEach(async () => {
  const temp = await resources.use(makeTempDir());
  folder = join(temp.path, 'attachments');
  journal = fileJournal(files, temp.path);
});

const fileOf = (one: typeof id) => join(folder, `${attachmentKey(one)}.json`);

describe('the journal', () => {
  it('gives back what was written, for that attachment only', () => {
    expect(journal.read(id)).toBeUndefined();
    journal.write(entry);
    expect(journal.read(id)).toMatchObject(entry);
    expect(journal.read({ ...id, ifname: 'net2' })).toBeUndefined();
    expect(fileJournal(files, join(folder, '..')).list()).toMatchObject([entry]);
  });

  it('has one entry an attachment, the newest, with a version', () => {
    journal.write({ ...entry, confirmed: false, addresses: [] });
    journal.write(entry);
    expect(readdirSync(folder)).toHaveLength(1);
    const lines = readFileSync(fileOf(id), 'utf8').split('\n');
    expect(lines.map(parseJson)).toStrictEqual([
      { version: 1, ...entry, confirmed: false, addresses: [] },
      { version: 1, ...entry },
    ]);
    expect(journal.list()).toMatchObject([entry]);
  });

  it('begins a file anew that has become long', () => {
    for (let time = 0; time < 1000; time++) journal.write({ ...entry, netns: `/run/netns/${time}` });
    expect(statSync(fileOf(id)).size).toBeLessThan(40_000);
    expect(journal.read(id)?.netns).toBe('/run/netns/999');
  });

  it('keeps how the port was made, and takes an entry of a version that did not', () => {
    const port = { bridge: 'br', vlans: { mode: 'trunk', trunks: [1] }, mtu: 1500 };
    journal.write({ ...entry, port });
    expect(journal.read(id)).toMatchObject({ port });
    journal.write({ ...entry, port: undefined });
    expect(journal.read(id)).toEqual({ version: 1, ...entry });
  });

  it('forgets, also what it does not know', () => {
    journal.write(entry);
    journal.remove(id);
    journal.remove(id);
    expect(journal.list()).toStrictEqual([]);
    expect(readdirSync(folder)).toStrictEqual([]);
  });

  it.each([
    ['', 'an empty file'],
    ['{"version":1,"containerID":"c1"', 'a torn file'],
    ['[]', 'no object'],
    [JSON.stringify({ ...entry, version: 2 }), 'a later version'],
    [JSON.stringify(entry), 'no version'],
    [JSON.stringify({ version: 1, ...entry, pools: 'four' }), 'pools that are no list'],
    [JSON.stringify({ version: 1, ...entry, addresses: [{ pool: 'four' }] }), 'half an address'],
    [JSON.stringify({ version: 1, ...entry, confirmed: 1 }), 'a number for yes'],
    [JSON.stringify({ version: 1, ...entry, containerID: 'c2' }), 'the entry of another attachment'],
  ])('takes %s for no entry: %s', (content) => {
    mkdirSync(folder);
    writeFileSync(fileOf(id), content);
    expect(journal.read(id)).toBeUndefined();
  });

  it('lists what can be read beside what cannot', () => {
    journal.write(entry);
    writeFileSync(join(folder, 'torn.json'), '{');
    writeFileSync(join(folder, 'x.json.123.tmp'), JSON.stringify({ version: 1, ...entry }));
    expect(journal.list()).toMatchObject([entry]);
  });
});

it('names the host interface so that the kernel and OVS take it', () => {
  expect(hostInterfaceName(id)).toMatch(/^av[a-z2-7]{13}$/u);
  expect(hostInterfaceName(id)).not.toBe(hostInterfaceName({ ...id, ifname: 'net2' }));
});

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { removeConflist, syncConflist, type ConflistOutcome } from '../../../src/agent/install/conflist-sync.ts';
import { failureOf } from '../../failure-of.ts';
import { makeConfDir, network, type ConfDir } from './net-d.ts';

const usual = '00-antrea-cni.conflist';

function sync({ path }: ConfDir, insist = true): ConflistOutcome {
  return syncConflist({ confDir: path, plugin: 'antrea', insist });
}

describe('our place in the folder of configurations', () => {
  it.each<[string, Record<string, object | string>, string, string]>([
    ['the first of several', { '20-b.conflist': network('b'), '10-a.conflist': network('a') }, usual, 'a'],
    ['one that is no list', { '10-a.conf': { cniVersion: '1.0.0', name: 'a', type: 'bridge' } }, usual, 'a'],
    ['in the order of bytes', { 'a.conflist': network('small'), 'B.conflist': network('B') }, usual, 'B'],
    ['not of files that runtimes do not read', { '10-a.conflist.bak': 'x', '20-b.conflist': network('b') }, usual, 'b'],
    ['a hidden one, as runtimes do', { '.a.conflist': network('hidden') }, '!antrea-cni.conflist', 'hidden'],
    ['one that stands before our usual name', { '00-aa.conflist': network('aa') }, '0-antrea-cni.conflist', 'aa'],
    ['one of our very name', { [usual]: network('theirs') }, '0-antrea-cni.conflist', 'theirs'],
  ])('is made of %s', (_what, ...[files, name, primary]) => {
    const dir = makeConfDir(files);
    expect(sync(dir)).toMatchObject({ state: 'written', path: join(dir.path, name) });
    expect(dir.read(name)).toMatchObject({ name: primary });
    expect(dir.names()).toEqual([...Object.keys(files), name].toSorted());
    expect(dir.names().find((one) => /\.(?:conf|conflist|json)$/.test(one))).toBe(name);
  });

  it('stays as it is when nothing has changed: no runtime is told to read it again', () => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    sync(dir);
    const { ino } = fs.statSync(join(dir.path, usual));
    expect(sync(dir)).toMatchObject({ state: 'unchanged' });
    expect(fs.statSync(join(dir.path, usual)).ino).toBe(ino);
  });

  it('follows when an earlier configuration comes, and leaves none behind', () => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    sync(dir);
    dir.write('00-aa.conflist', network('aa'));
    sync(dir);
    expect(dir.names()).toEqual(['0-antrea-cni.conflist', '00-aa.conflist', '10-a.conflist']);
  });

  it('goes when the primary network goes: the Node is as it would be without us', () => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    sync(dir);
    dir.remove('10-a.conflist');
    expect(sync(dir)).toMatchObject({ state: 'removed', primary: undefined });
    expect(dir.names()).toEqual([]);
    expect(sync(dir)).toMatchObject({ state: 'absent' });
  });

  it('is never made of a copy of itself', () => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    sync(dir);
    dir.write('05-copy.conflist', fs.readFileSync(join(dir.path, usual), 'utf8'));
    expect(sync(dir)).toMatchObject({ state: 'unchanged', primary: '10-a.conflist' });
  });

  it.each<[string, string | Buffer, string]>([
    ['broken', '{"name": "a", "plug', 'decode: the configuration of the primary network cannot be used: '],
    ['empty', '', 'is empty: it must be a JSON object'],
    ['with a byte order mark', '\uFEFF{"name": "a"}', 'begins with a byte order mark, which runtimes refuse'],
    ['with comments', '{"name": "a", /* b */ "plugins": []}', 'is not JSON'],
    ['huge', ' '.repeat(1024 * 1024 + 1), 'is larger than 1048576 bytes'],
    ['deep', `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`, 'is nested deeper than'],
    ['a trap', '{"__proto__": {"name": "a"}}', 'has the key "__proto__"'],
    ['a list', '[]', 'is not a JSON object'],
    ['no text', Buffer.from([0x7b, 0xff, 0x7d]), 'is not valid UTF-8'],
  ])('stays as it was while that of the primary network is %s, and says so', (_what, text, message) => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    sync(dir);
    const before = dir.read(usual);
    fs.writeFileSync(join(dir.path, '10-a.conflist'), text);
    const failure = failureOf(() => sync(dir));
    expect(failure).toContain(message);
    expect(failure).toContain('10-a.conflist');
    expect(dir.read(usual)).toEqual(before);
  });

  it('does not wait for a pipe that bears the name of a configuration, nor take a folder for one', () => {
    const dir = makeConfDir();
    fs.mkdirSync(join(dir.path, '05-folder.conflist'));
    execFileSync('mkfifo', [join(dir.path, '10-pipe.conf')]);
    expect(failureOf(() => sync(dir))).toContain('10-pipe.conf is no file: expected a CNI configuration');
  });

  it('is none where there is no folder', () => {
    expect(syncConflist({ confDir: '/nonexistent', plugin: 'antrea', insist: true })).toMatchObject({
      state: 'absent',
    });
  });

  it('says what would be done, and does nothing', () => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    expect(syncConflist({ confDir: dir.path, plugin: 'antrea', insist: true, dryRun: true })).toMatchObject({
      state: 'written',
    });
    expect(dir.names()).toEqual(['10-a.conflist']);
  });
});

describe('beside Multus', () => {
  const thin = { cniVersion: '0.3.1', name: 'multus', type: 'multus', clusterNetwork: '/a' };
  it.each<[string, Record<string, object>]>([
    ['thin', { '00-multus.conf': thin }],
    ['thick', { '00-multus.conf': { ...thin, type: 'multus-shim' } }],
    ['in a list', { '00-multus.conflist': network('multus', 'multus') }],
    ['not first', { '00-a.conflist': network('a'), '99-multus.conf': thin }],
  ])('(%s) it refuses, and takes away what it has made before Multus came', (_what, files) => {
    const dir = makeConfDir({ '10-a.conflist': network('a') });
    sync(dir);
    for (const [name, content] of Object.entries(files)) dir.write(name, content);
    expect(failureOf(() => sync(dir))).toMatch(
      /^refused: Multus attaches the networks of Pods on this Node: \S+ calls it$/,
    );
    expect(dir.names()).toEqual(['10-a.conflist', ...Object.keys(files)].toSorted());
  });
});

describe('beside Cilium', () => {
  const cilium = { '05-cilium.conflist': network('cilium', 'cilium-cni') };

  it('is made as beside any other', () => {
    const dir = makeConfDir(cilium);
    expect(sync(dir)).toMatchObject({ state: 'written', cilium: true });
  });

  it('says what to set when Cilium has put it aside, and does not fight', () => {
    const dir = makeConfDir(cilium);
    sync(dir);
    dir.rename(usual, `${usual}.cilium_bak`);
    expect(failureOf(() => sync(dir, false))).toMatch(
      /^refused: Cilium has renamed .* because it wants to be the only one$/,
    );
    expect(dir.names()).toEqual([`${usual}.cilium_bak`, '05-cilium.conflist'].toSorted());
  });

  it('is written again when it is insisted on: Cilium may have learned', () => {
    const dir = makeConfDir(cilium);
    sync(dir);
    dir.rename(usual, `${usual}.cilium_bak`);
    expect(sync(dir)).toMatchObject({ state: 'written' });
    expect(dir.names()).toEqual([usual, '05-cilium.conflist'].toSorted());
  });

  it('is removed, too, where Cilium has put it aside', () => {
    const dir = makeConfDir({ ...cilium, 'other.conf.cilium_bak': 'x' });
    sync(dir);
    dir.rename(usual, `${usual}.cilium_bak`);
    removeConflist(dir.path);
    expect(dir.names()).toEqual(['05-cilium.conflist', 'other.conf.cilium_bak']);
  });
});

describe('its removal', () => {
  it('leaves what is not ours, even under our name', () => {
    const dir = makeConfDir({ [usual]: network('theirs'), '10-a.conflist': network('a') });
    sync(dir);
    expect(removeConflist(dir.path)).toEqual([join(dir.path, '0-antrea-cni.conflist')]);
    expect(dir.names()).toEqual([usual, '10-a.conflist']);
    expect(removeConflist(dir.path)).toEqual([]);
  });

  it('takes along what a killed process has left', () => {
    const dir = makeConfDir({ [`.${usual}.999999999.1.tmp`]: '{', '.other.999999999.1.tmp': '' });
    removeConflist(dir.path);
    expect(dir.names()).toEqual(['.other.999999999.1.tmp']);
  });
});

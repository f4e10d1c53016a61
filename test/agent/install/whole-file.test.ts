import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putText, removeFile } from '../../../src/agent/install/whole-file.ts';
import { ownProcess } from '../../../src/system/processes.ts';
import { failureOf } from '../../failure-of.ts';
import { makeConfDir } from './net-d.ts';

describe('a file that is put in its place', () => {
  it('has the permissions that were asked for, whatever the umask', () => {
    const { path } = makeConfDir();
    const umask = process.umask(0o077);
    try {
      putText(join(path, 'deep/er/a'), 'x', 0o644);
      putText(join(path, 'token'), 'x', 0o600);
    } finally {
      process.umask(umask);
    }
    expect(fs.statSync(join(path, 'deep/er/a')).mode & 0o777).toBe(0o644);
    expect(fs.statSync(join(path, 'token')).mode & 0o777).toBe(0o600);
  });

  it('is another file than before: who reads the old one reads on', () => {
    const dir = makeConfDir({ a: 'old' });
    const old = fs.openSync(join(dir.path, 'a'), 'r');
    putText(join(dir.path, 'a'), 'new', 0o644);
    expect(fs.readFileSync(old, 'utf8')).toBe('old');
    fs.closeSync(old);
    expect(fs.readFileSync(join(dir.path, 'a'), 'utf8')).toBe('new');
  });

  it('takes along what a killed process has left of it, and nothing of one that lives', () => {
    const { pid, started } = ownProcess();
    const dir = makeConfDir({ [`.a.${pid}.1.tmp`]: 'dead', [`.b.${pid}.${started}.tmp`]: 'alive', '.a.b.tmp': 'else' });
    putText(join(dir.path, 'a'), 'new', 0o644);
    putText(join(dir.path, 'c'), 'new', 0o644);
    expect(dir.names()).toEqual([`.b.${pid}.${started}.tmp`, '.a.b.tmp', 'a', 'c'].toSorted());
  });

  it('leaves nothing where it cannot be, and says why', () => {
    const dir = makeConfDir();
    fs.mkdirSync(join(dir.path, 'a'));
    expect(failureOf(() => putText(join(dir.path, 'a'), 'x', 0o644))).toMatch(/^io: .*\/a cannot be written: /);
    expect(dir.names()).toEqual(['a']);
    dir.write('file', '');
    expect(failureOf(() => putText(join(dir.path, 'file/b'), 'x', 0o644))).toContain('/file/b cannot be written');
  });

  it('can be removed twice', () => {
    const dir = makeConfDir({ a: 'x' });
    expect([removeFile(join(dir.path, 'a')), removeFile(join(dir.path, 'a'))]).toEqual([true, false]);
  });
});

import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/system/make-folder.ts';
import { makeTempDir } from '../fixture/unique.ts';

const temp = makeTempDir('folder');
afterEach(() => rmSync(temp.path, { recursive: true, force: true }));

describe('a folder', () => {
  it('is made with all above it, for its owner alone', () => {
    makeFolder(join(temp.path, 'a/b/c'));
    expect(statSync(join(temp.path, 'a/b/c')).mode & 0o777).toBe(0o700);
    expect(statSync(join(temp.path, 'a')).mode & 0o777).toBe(0o700);
  });

  it('that is there already stays, be it by a link', () => {
    mkdirSync(join(temp.path, 'real'), { recursive: true, mode: 0o755 });
    symlinkSync('real', join(temp.path, 'link'));
    makeFolder(join(temp.path, 'link'));
    makeFolder('/');
    expect(statSync(join(temp.path, 'real')).mode & 0o777).toBe(0o755);
  });

  it.each([
    ['below a file', 'file/a/b', 'ENOTDIR'],
    ['in place of a file', 'file', 'EEXIST'],
    ['in place of a link to nothing', 'dangling', 'EEXIST'],
    ['below a link to nothing', 'dangling/a', 'EEXIST'],
  ])('is not made %s', (_, path, code) => {
    mkdirSync(temp.path, { recursive: true });
    writeFileSync(join(temp.path, 'file'), '');
    symlinkSync('nothing', join(temp.path, 'dangling'));
    expect(() => makeFolder(join(temp.path, path))).toThrow(expect.objectContaining({ code }));
  });

  it('that nothing can be made in ends the call: Node would try for ever', () => {
    expect(() => makeFolder('/proc/antrea/a/b')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { files } from '../../src/system/files.ts';
import { withLock } from '../../src/system/lock.ts';
import { failureOf, rejectionOf } from '../failure-of.ts';
import { makeTempDir } from '../fixture/unique.ts';

const { path: folder } = makeTempDir('files');
beforeEach(() => mkdirSync(folder, { recursive: true }));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a file that is replaced', () => {
  it('is made with its folder', () => {
    files.replace(join(folder, 'a/b/record'), 'old');
    files.replace(join(folder, 'a/b/record'), 'new');
    expect(readFileSync(join(folder, 'a/b/record'), 'utf8')).toBe('new');
    expect(readdirSync(join(folder, 'a/b'))).toStrictEqual(['record']);
  });

  it('leaves nothing half-made when it cannot be put in place, and is named', () => {
    mkdirSync(join(folder, 'record/full'), { recursive: true });
    expect(failureOf(() => files.replace(join(folder, 'record'), ''))).toContain(
      `io: ${folder}/record cannot be written: `,
    );
    expect(readdirSync(folder)).toStrictEqual(['record']);
  });
});

describe('a file that is added to', () => {
  const record = join(folder, 'record');

  it('has to be there, and short', () => {
    expect(files.append(record, 'new', 10)).toBe(false);
    writeFileSync(record, 'old');
    expect([files.append(record, ' and new', 3), files.append(record, ' and newer', 3)]).toStrictEqual([true, false]);
    expect(readFileSync(record, 'utf8')).toBe('old and new');
  });

  it('is named when it cannot be written', () => {
    mkdirSync(record);
    expect(failureOf(() => files.append(record, '', 1))).toContain(`io: ${record} cannot be written: `);
  });
});

it('a program is a file that may be run', () => {
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'text'), '', { mode: 0o644 });
  writeFileSync(join(folder, 'program'), '', { mode: 0o755 });
  symlinkSync('program', join(folder, 'link'));
  symlinkSync('loop', join(folder, 'loop'));
  const names = ['folder', 'text', 'program', 'link', 'loop', 'missing', 'text/x'];
  expect(names.filter((name) => files.isProgram(join(folder, name)))).toStrictEqual(['program', 'link']);
});

describe('a lock', () => {
  it('of a folder that cannot be made names it', async () => {
    writeFileSync(join(folder, 'locks'), '');
    const options = {
      folder: join(folder, 'locks/a'),
      timeout: 1000,
      pause: () => undefined,
      onDeadHolder: () => undefined,
    };
    expect(await rejectionOf(withLock(options, () => Promise.resolve()))).toContain(
      `io: ${folder}/locks/a cannot be written: ENOTDIR`,
    );
  });
});

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../scripts/paths.ts';
import { regularFiles } from '../../src/cli/regular-files.ts';

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'antrea-files-'));
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

/** A file of so many bytes; its path. */
function fileOf(bytes: number): string {
  const path = join(dir, 'file');
  fs.writeFileSync(path, '');
  fs.truncateSync(path, bytes);
  return path;
}

describe('a file that a person names', () => {
  it('may be a symbolic link, and as large as 4 MiB', () => {
    const link = join(dir, 'link');
    fs.symlinkSync(fileOf(4_194_304), link);
    expect(regularFiles.read(link)).toHaveLength(4_194_304);
  });

  it('is not larger', () => {
    expect(() => regularFiles.read(fileOf(4_194_305))).toThrow('it is larger than 4194304 bytes: expected no more');
  });

  it.each(['/dev/zero', '/dev/null', '/'])('is not %s', (path) => {
    expect(() => regularFiles.read(path)).toThrow('it is no regular file: expected one, no pipe, device or folder');
  });
});

describe('a pipe that nobody writes into', () => {
  const refusal = 'cannot be read: it is no regular file: expected one';
  it.each([
    [['ippool', 'get', '--node-config', 'PIPE'], `the Node file PIPE ${refusal}`],
    [['explain', 'a', '--kubeconfig', 'PIPE'], `the kubeconfig PIPE ${refusal}`],
    [['install', '--dry-run', '--executable', '/bin/true', '--kubeconfig', 'PIPE'], `the kubeconfig PIPE ${refusal}`],
    [['agent', '--kubeconfig', 'PIPE'], `the kubeconfig PIPE ${refusal}`],
  ])('does not keep antrea %s waiting', (...[words, message]) => {
    const pipe = join(dir, 'pipe');
    spawnSync('mkfifo', [pipe]);
    const named = words.map((word) => word.replace('PIPE', pipe));
    const answer = spawnSync(process.execPath, [join(root, 'bin/antrea.ts'), ...named], {
      encoding: 'utf8',
      timeout: 10_000,
      env: { PATH: process.env['PATH'], HOME: dir },
    });
    expect(answer.status).toBe(1);
    expect(answer.stderr).toContain(message.replace('PIPE', pipe));
  });
});

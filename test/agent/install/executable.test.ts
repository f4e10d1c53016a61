import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyExecutable, planCopy } from '../../../src/agent/install/executable.ts';
import { failureOf } from '../../failure-of.ts';
import { makeConfDir } from './net-d.ts';

const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1';

function plan(from: string, to: string, isOurs = false): string {
  return planCopy({ from, to, isOurs });
}

describe('the executable', () => {
  it('replaces the one that is running, and that one runs on', async () => {
    const dir = makeConfDir({ new: '#!/bin/sh\necho new\n' });
    const [to, from] = [join(dir.path, 'antrea'), join(dir.path, 'new')];
    fs.copyFileSync('/bin/sleep', to);
    const child = spawn(to, ['60']);
    await once(child, 'spawn');
    expect(() => fs.copyFileSync(from, to)).toThrow('ETXTBSY');
    copyExecutable({ from, to });
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    expect(fs.readFileSync(to, 'utf8')).toContain('echo new');
    expect(fs.statSync(to).mode & 0o777).toBe(0o755);
  });

  it('is copied whole, however large', () => {
    const dir = makeConfDir({});
    const [from, to] = [join(dir.path, 'new'), join(dir.path, 'antrea')];
    const content = Buffer.concat([1, 2, 3].map((byte) => Buffer.alloc(2 * 1024 * 1024 - byte, byte)));
    fs.writeFileSync(from, content);
    copyExecutable({ from, to });
    expect(fs.readFileSync(to).equals(content)).toBe(true);
  });

  it('copies itself onto itself: there is nothing to do', () => {
    const dir = makeConfDir({ a: 'x' });
    fs.chmodSync(join(dir.path, 'a'), 0o755);
    fs.symlinkSync('a', join(dir.path, 'link'));
    expect(plan(join(dir.path, 'a'), join(dir.path, 'a'))).toBe('unchanged');
    expect(plan(join(dir.path, 'a'), join(dir.path, 'link'))).toBe('unchanged');
  });

  it.each<[string, string | undefined, boolean, string]>([
    ['nothing', undefined, false, 'installed'],
    ['the same', 'new', false, 'unchanged'],
    ['an earlier version', `${'x'.repeat(2 * 1024 * 1024 - 20)}${fuse}${'x'.repeat(100)}`, false, 'replaced'],
    ['what an installation of ours has put there', 'old', true, 'replaced'],
  ])('finds %s', (_what, ...[there, isOurs, expected]) => {
    const dir = makeConfDir({ new: 'new', ...(there !== undefined && { antrea: there }) });
    if (there !== undefined) fs.chmodSync(join(dir.path, 'antrea'), 0o755);
    expect(plan(join(dir.path, 'new'), join(dir.path, 'antrea'), isOurs)).toBe(expected);
  });

  it('is no longer executable: it is put there again', () => {
    const dir = makeConfDir({ new: `new${fuse}`, antrea: `new${fuse}` });
    fs.chmodSync(join(dir.path, 'antrea'), 0o644);
    expect(plan(join(dir.path, 'new'), join(dir.path, 'antrea'))).toBe('replaced');
  });

  it("does not replace the plugin of Antrea's own agent, and says what to do", () => {
    const dir = makeConfDir({ new: 'new', antrea: 'a Go program' });
    fs.chmodSync(join(dir.path, 'antrea'), 0o755);
    expect(failureOf(() => plan(join(dir.path, 'new'), join(dir.path, 'antrea')))).toMatch(
      /^refused: .*\/antrea is another program: perhaps the plugin of the primary network$/,
    );
  });
});

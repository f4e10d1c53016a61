import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stripElf } from '../../scripts/strip-elf.ts';

describe('stripping an executable of its symbols', () => {
  it('leaves a smaller one that does the same', () => {
    const directory = mkdtempSync(join(tmpdir(), 'antrea-strip-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const stripped = join(directory, 'node');
    const original = readFileSync(process.execPath);
    const result = stripElf(original);
    writeFileSync(stripped, result, { mode: 0o755 });
    expect(result.length).toBeLessThan(original.length);
    expect(spawnSync(stripped, ['-p', '6*7'], { encoding: 'utf8' }).stdout).toBe('42\n');
  });

  it('removes nothing from one that has none left', () => {
    const once = stripElf(readFileSync(process.execPath));
    expect(stripElf(once).length).toBe(once.length);
  });

  it.each(['', '#!/bin/sh\nexit 0\n', '\u007FELF\u0001\u0001\u0001 for 32 bits'])('refuses %j', (text) => {
    expect(() => stripElf(Buffer.from(text))).toThrow('not a little-endian ELF64 file');
  });
});

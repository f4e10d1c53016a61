import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readManifestText } from '../../src/cli/ippool/manifest-source.ts';

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'antrea-manifest-'));
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

describe('the text of a manifest', () => {
  it('may come late, by a standard input that does not block', async () => {
    const fifo = join(dir, 'fifo');
    spawnSync('mkfifo', [fifo]);
    const descriptor = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const writer = spawn('sh', ['-c', 'exec 3>"$0"; echo ready; sleep 0.1; printf "kind: List" >&3', fifo]);
    const ended = once(writer, 'close');
    await once(writer.stdout, 'data');
    expect(readManifestText(descriptor, 'standard input')).toBe('kind: List');
    fs.closeSync(descriptor);
    await ended;
  });

  it.each([
    ['a folder', '.', 'x cannot be read: EISDIR'],
    ['a file that is not there', 'missing', 'x cannot be read: ENOENT'],
  ])('cannot be that of %s', (_, name, message) => {
    expect(() => readManifestText(join(dir, name), 'x')).toThrow(message);
  });

  it('ends, though what it is read from does not', () => {
    expect(() => readManifestText('/dev/zero', 'x')).toThrow('x is larger than 4194304 bytes: split it');
  });
});

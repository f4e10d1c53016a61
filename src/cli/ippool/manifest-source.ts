import fs from 'node:fs';
import { Failure, messageOf, systemCode } from '../../system/failure.ts';
import { pause } from '../../system/time.ts';

/** A thousand pools with several ranges each stay below. */
const maxBytes = 4 * 1024 * 1024;

/**
 * The text of a manifest file, which may also be a pipe that never ends.
 * @param from a path, or the descriptor of standard input
 * @param what names it in messages
 * @throws Failure `io` or `decode` (too large, not UTF-8)
 */
export function readManifestText(from: string | number, what: string): string {
  const bytes = readBounded(from, what);
  if (bytes.length > maxBytes) throw new Failure('decode', `${what} is larger than ${maxBytes} bytes: split it`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Failure('decode', `${what} is not valid UTF-8`, { cause });
  }
}

function readBounded(from: string | number, what: string): Buffer {
  try {
    const descriptor = typeof from === 'number' ? from : fs.openSync(from, 'r');
    try {
      return readUpTo(descriptor, maxBytes + 1);
    } finally {
      if (typeof from !== 'number') fs.closeSync(descriptor);
    }
  } catch (cause) {
    throw new Failure('io', `${what} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function readUpTo(descriptor: number, limit: number): Buffer {
  const chunks: Buffer[] = [];
  for (let total = 0; total < limit;) {
    const chunk = Buffer.alloc(Math.min(65_536, limit - total));
    const length = readSome(descriptor, chunk);
    if (length === 0) break;
    chunks.push(chunk.subarray(0, length));
    total += length;
  }
  return Buffer.concat(chunks);
}

/** Standard input is shared with whoever gave it, who may have made it one that does not block. */
function readSome(descriptor: number, chunk: Buffer): number {
  for (;;) {
    try {
      return fs.readSync(descriptor, chunk);
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error;
      pause(10);
    }
  }
}

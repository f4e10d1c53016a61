import fs from 'node:fs';
import { Failure, messageOf } from '../../system/failure.ts';
import { readUpTo } from '../bounded-read.ts';

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

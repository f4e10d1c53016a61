import fs from 'node:fs';
import { Failure } from '../system/failure.ts';
import type { Files } from '../system/files.ts';
import { readUpTo } from './bounded-read.ts';

/** Bytes. A kubeconfig with the certificates of a thousand clusters stays below. */
const largest = 4 * 1024 * 1024;

/**
 * What a person names may be anything: a pipe that nobody writes into, or a device without an end. `read` reads regular
 * files, by symbolic links too, of at most 4 MiB.
 */
export const regularFiles: Pick<Files, 'read' | 'exists'> = { read, exists: fs.existsSync };

/** @throws Failure `io`; whoever asks says of which file */
function read(path: string): Buffer {
  // Before it is opened: that alone would wait for the other end of a pipe, and do something to some devices.
  if (!fs.statSync(path).isFile())
    throw new Failure('io', 'it is no regular file: expected one, no pipe, device or folder');
  const descriptor = fs.openSync(path, 'r');
  try {
    const bytes = readUpTo(descriptor, largest + 1);
    if (bytes.length <= largest) return bytes;
    throw new Failure('io', `it is larger than ${largest} bytes: expected no more`);
  } finally {
    fs.closeSync(descriptor);
  }
}

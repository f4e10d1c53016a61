import fs from 'node:fs';
import { systemCode } from '../system/failure.ts';
import { pause } from '../system/time.ts';

/** As much of what can be read as there is, and `limit` bytes at most. */
export function readUpTo(descriptor: number, limit: number): Buffer {
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

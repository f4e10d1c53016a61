import fs from 'node:fs';

/**
 * The secrets of V8's hash tables, as they stand in the memory of a process: three odd numbers of 64 bits, half of the bits
 * of each byte set, and half of the bits of each two different.
 * @returns in hexadecimal; undefined while there are none (yet)
 * @see https://github.com/nodejs/node/blob/main/deps/v8/third_party/rapidhash-v8/secret.h
 */
export function hashSecretsOf(pid: number): string | undefined {
  const memory = fs.openSync(`/proc/${pid}/mem`, 'r');
  try {
    return ownRegions(pid)
      .map((region) => secretsIn(read(memory, region)))
      .find((found) => found !== undefined);
  } finally {
    fs.closeSync(memory);
  }
}

interface Region {
  readonly start: number;
  readonly length: number;
}

/** Those that no file is behind: the executable itself has a seed within, which need not be the one in use. */
function ownRegions(pid: number): readonly Region[] {
  const lines = fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ 0 *$/.exec(line) ?? [];
    const start = Number.parseInt(from, 16);
    const length = Number.parseInt(to, 16) - start;
    return length > 0 && length < 64 * 1024 * 1024 ? [{ start, length }] : [];
  });
}

function read(memory: number, { start, length }: Region): Buffer {
  const bytes = Buffer.alloc(length);
  try {
    return bytes.subarray(0, fs.readSync(memory, bytes, 0, length, start));
  } catch {
    return Buffer.alloc(0);
  }
}

function secretsIn(bytes: Buffer): string | undefined {
  for (let at = 0; at + 24 <= bytes.length; at += 8) {
    if (areSecrets(bytes, at)) return bytes.toString('hex', at, at + 24);
  }
  return undefined;
}

function areSecrets(bytes: Buffer, at: number): boolean {
  for (let index = at; index < at + 24; index++) if (bits[bytes[index] ?? 0] !== 4) return false;
  const pairs = [
    [0, 8],
    [0, 16],
    [8, 16],
  ] as const;
  return pairs.every(([one, other]) => difference(bytes, at + one, at + other) === 32);
}

function difference(bytes: Buffer, one: number, other: number): number {
  let count = 0;
  for (let index = 0; index < 8; index++) count += bits[(bytes[one + index] ?? 0) ^ (bytes[other + index] ?? 0)] ?? 0;
  return count;
}

const bits = Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/**
 * A hash of 128 bits, as 32-bit words. It only has to spread well: whoever finds a name taken compares what is
 * written there. (node:crypto would cost a start 6 ms.) Each word is a multiply-rotate lane with a seed of its own,
 * closed by MurmurHash3's finalizer.
 */
export function hashWords(...parts: readonly string[]): readonly number[] {
  return wordsOf(textOf(parts));
}

/** hashWords() as 28 base32 characters, for names. */
export function hashName(...parts: readonly string[]): string {
  const text = textOf(parts);
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = wordsOf(text).map(base32).join('');
  if (names.size >= maxNames) names.clear();
  names.set(text, name);
  return name;
}

/**
 * A call asks for the names of its few attachments again and again, before V8 has made the loop below fast: 2 ms. The agent
 * asks for those of all attachments of its Node.
 */
const names = new Map<string, string>();
const maxNames = 4096;

function textOf(parts: readonly string[]): string {
  return parts.map((part) => `${part.length}:${part}`).join('');
}

function wordsOf(text: string): readonly number[] {
  const bytes = Buffer.from(text);
  return [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f].map((seed) => lane(bytes, seed));
}

function lane(bytes: Buffer, seed: number): number {
  let hash = seed;
  // An iterator would take three times as long before V8 has made this fast.
  for (let index = 0; index < bytes.length; index++) {
    hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193);
    hash ^= hash >>> 15;
    hash = Math.imul((hash << 13) | (hash >>> 19), 0x5bd1e995);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** 32 bits as 7 characters; the alphabet of RFC 4648, in lower case. */
function base32(value: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return Array.from({ length: 7 }, (_, index) => alphabet.charAt(Math.floor(value / 32 ** index) % 32)).join('');
}

/** Bytes in the order in which they came. They are copied only where what is taken came in several parts. */
export interface ByteQueue {
  push(bytes: Buffer): void;
  length(): number;
  /** -1: it is not there. */
  indexOf(byte: number): number;
  /** Removes the first so many bytes, which must be there. */
  take(count: number): Buffer;
}

export function byteQueue(): ByteQueue {
  let parts: Buffer[] = [];
  let length = 0;
  const joined = (): Buffer => {
    const [first] = parts;
    const whole = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
    parts = [whole];
    return whole;
  };
  return {
    push(bytes) {
      parts.push(bytes);
      length += bytes.length;
    },
    length: () => length,
    indexOf: (byte) => joined().indexOf(byte),
    take(count) {
      const whole = joined();
      parts = [whole.subarray(count)];
      length -= count;
      return whole.subarray(0, count);
    },
  };
}

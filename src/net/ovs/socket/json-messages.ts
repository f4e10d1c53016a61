/** A database of thousands of ports stays below. Bytes. */
const largest = 64 * 1024 * 1024;

const [quote, backslash, open, close] = Buffer.from('"\\{}');

/**
 * Splits what a JSON-RPC peer sends, which has no frames (RFC 7047, section 4), into its messages: objects.
 * @returns a function that takes the next bytes and gives the messages that they complete
 */
export function messageSplitter(): (chunk: Buffer) => readonly string[] {
  let pending: Buffer = Buffer.alloc(0);
  let scanned = 0;
  let depth = 0;
  let inText = false;
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    if (pending.length > largest) throw new RangeError(`a message of more than ${largest} bytes`);
    const messages: string[] = [];
    let start = 0;
    for (; scanned < pending.length; scanned++) {
      const byte = pending[scanned];
      if (inText) {
        if (byte === backslash) scanned++;
        else if (byte === quote) inText = false;
      } else if (byte === quote) inText = true;
      else if (byte === open) depth++;
      else if (byte === close && --depth === 0) {
        messages.push(pending.toString('utf8', start, scanned + 1));
        start = scanned + 1;
      }
    }
    pending = pending.subarray(start);
    scanned -= start;
    return messages;
  };
}
